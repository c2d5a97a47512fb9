import type { CallPlan } from '../plan/model.ts';
import type { Parameter } from '../schema/model.ts';
import { bodySql } from './body.ts';
import { identifier, qualified, type Values } from './text.ts';

const named = ({ name, variadic }: Parameter, value: string): string =>
  `${variadic ? 'VARIADIC ' : ''}${identifier(name)} := ${value}`;

/** Arguments of the call, and what has to stand in FROM before it. */
function argumentsSql(plan: CallPlan, values: Values): { before: string; list: string } {
  const { parameters } = plan.routine;
  const given = plan.arguments;
  switch (given.kind) {
    case 'whole':
      return { before: '', list: `${values.add(given.text)}::${parameters[0]?.type ?? 'text'}` };
    case 'direct': {
      const list = parameters.flatMap((parameter) => {
        const value = given.values.find(([name]) => name === parameter.name)?.[1];
        return value === undefined ? [] : [named(parameter, `${values.add(value)}::${parameter.type}`)];
      });
      return { before: '', list: list.join(', ') };
    }
    case 'json': {
      const used = parameters.filter(({ name }) => given.names.includes(name));
      if (used.length === 0) return { before: '', list: '' };
      const list = used.map((parameter) => named(parameter, `pgrst_body.${identifier(parameter.name)}`)).join(', ');
      return { before: `${bodySql(given.text, used, values, { oneRow: true }).slice('FROM '.length)}, LATERAL `, list };
    }
  }
}

/** SQL of a function call: its rows, or one column `pgrst_scalar`. */
export function callSql(plan: CallPlan, values: Values): string {
  const { routine } = plan;
  const { before, list } = argumentsSql(plan, values);
  const call = `${qualified(routine)}(${list})`;
  if (routine.returns !== 'composite')
    return `SELECT pgrst_call.pgrst_scalar FROM ${before}(SELECT ${call} pgrst_scalar) pgrst_call`;
  const columns = plan.returning.map((name) => (name === '*' ? 'pgrst_call.*' : `pgrst_call.${identifier(name)}`));
  return `SELECT ${columns.join(', ')} FROM ${before}${call} pgrst_call`;
}
