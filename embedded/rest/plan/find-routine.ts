import type { BodyType } from '../http/payload.ts';
import { RestError } from '../rest-error.ts';
import { similar } from '../schema/fuzzy.ts';
import { keyOf, type QualifiedName, type Routine, type SchemaCache } from '../schema/model.ts';

/** How a function is called: by POST with a body of this type, or by GET (undefined). */
export type CallBody = BodyType | undefined;

const wholeBodyTypes: Readonly<Partial<Record<BodyType, readonly string[]>>> = {
  json: ['json', 'jsonb'],
  text: ['text'],
  xml: ['xml'],
  binary: ['bytea'],
};
const onlyWhole = (body: CallBody): boolean => body === 'text' || body === 'xml' || body === 'binary';

/** The function takes the body as it is, as its one unnamed parameter. */
export const takesWholeBody = ({ parameters }: Routine): boolean =>
  parameters.length === 1 && parameters[0]?.name === '';

function accepts({ parameters }: Routine, keys: ReadonlySet<string>, body: CallBody): boolean {
  if (parameters.length === 0) return keys.size === 0 && !onlyWhole(body);
  const names = new Set(parameters.map(({ name }) => name));
  return (
    [...keys].every((key) => names.has(key)) && parameters.every(({ name, required }) => !required || keys.has(name))
  );
}

const hintScore = 0.75;

function unknown(cache: SchemaCache, name: QualifiedName, keys: readonly string[], body: CallBody): RestError {
  const full = `${name.schema}.${name.name}`;
  const whole = onlyWhole(body);
  const overloads = cache.routines.get(keyOf(name)) ?? [];
  const withKeys =
    keys.length === 0 ? ' without parameters' : ` with parameter${keys.length > 1 ? 's' : ''} ${keys.join(', ')}`;
  const wholeNames: Readonly<Partial<Record<BodyType, string>>> = { text: 'text', xml: 'xml', binary: 'bytea' };
  const searched = whole
    ? ` with a single unnamed ${wholeNames[body ?? 'text']} parameter`
    : withKeys + (body === 'json' ? ' or with a single unnamed json/jsonb parameter' : '');
  const list = (names: readonly string[]): string => `(${names.toSorted().join(', ')})`;
  const sameSchema = [...cache.routines.values()].flatMap(([one]) => (one?.schema === name.schema ? [one.name] : []));
  const nearest =
    overloads.length === 0
      ? similar(sameSchema, name.name, hintScore)[0]?.text
      : similar(
          overloads.map(({ parameters }) => list(parameters.map((one) => one.name))),
          list(keys),
        ).map(({ text }) => name.name + text)[0];
  return new RestError({
    status: 404,
    code: 'PGRST202',
    message: `Could not find the function ${full}${whole ? '' : keys.length === 0 ? ' without parameters' : `(${keys.join(', ')})`} in the schema cache`,
    details: `Searched for the function ${full}${searched}, but no matches were found in the schema cache.`,
    hint: whole || nearest === undefined ? null : `Perhaps you meant to call the function ${name.schema}.${nearest}`,
  });
}

const ambiguous = (found: readonly Routine[]): RestError =>
  new RestError({
    status: 300,
    code: 'PGRST203',
    message: `Could not choose the best candidate function between: ${found
      .map(
        ({ schema, name, parameters }) =>
          `${schema}.${name}(${parameters.map((one) => `${one.name} => ${one.type}`).join(', ')})`,
      )
      .join(', ')}`,
    hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
  });

/** The overload that takes exactly these parameters; one with a single unnamed parameter takes any body of its type. */
export function findRoutine(cache: SchemaCache, name: QualifiedName, keys: readonly string[], body: CallBody): Routine {
  const overloads = cache.routines.get(keyOf(name)) ?? [];
  const given = new Set(keys);
  const byName = overloads.filter((one) => !(takesWholeBody(one) && body !== undefined) && accepts(one, given, body));
  const byBody = overloads.filter(
    (one) => takesWholeBody(one) && body !== undefined && wholeBodyTypes[body]?.includes(one.parameters[0]?.type ?? ''),
  );
  const found = byName.length > 0 ? byName : byBody;
  const [first, second] = found;
  if (first === undefined) throw unknown(cache, name, [...given].toSorted(), body);
  if (second !== undefined) throw ambiguous(found);
  return first;
}
