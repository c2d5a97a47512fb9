import type { Payload } from '../http/payload.ts';
import type { Routine } from '../schema/model.ts';
import { takesWholeBody } from './find-routine.ts';
import type { CallPlan, ReadPlan } from './model.ts';
import { neededColumns } from './returning.ts';

/** Given values by parameter: the last of a repeated one, all of a repeated variadic one as an array literal. */
function directArguments(
  routine: Routine,
  given: readonly (readonly [string, string])[],
): (readonly [string, string])[] {
  return routine.parameters.flatMap(({ name, variadic }) => {
    const values = given.filter(([key]) => key === name).map(([, value]) => value);
    const last = values.at(-1);
    if (last === undefined) return [];
    if (!variadic) return [[name, last] as const];
    const quoted = values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
    return [[name, `{${quoted.join(',')}}`] as const];
  });
}

/** The plan of a function call, by POST with a payload or by GET with arguments. */
export function planCall(
  routine: Routine,
  given: { payload: Payload } | { arguments: readonly (readonly [string, string])[] },
  read: ReadPlan,
): CallPlan {
  const shared = { routine, returning: neededColumns(read, []), settings: routine.settings };
  if ('arguments' in given)
    return { ...shared, arguments: { kind: 'direct', values: directArguments(routine, given.arguments) } };
  const { payload } = given;
  if (takesWholeBody(routine)) return { ...shared, arguments: { kind: 'whole', text: payload.text } };
  if (payload.form !== undefined)
    return { ...shared, arguments: { kind: 'direct', values: directArguments(routine, payload.form) } };
  const names = routine.parameters.map(({ name }) => name).filter((name) => payload.keys.includes(name));
  return { ...shared, arguments: { kind: 'json', text: payload.text, names } };
}
