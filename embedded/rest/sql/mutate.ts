import type { MutatePlan, PlannedTerm } from '../plan/model.ts';
import { bodySql } from './body.ts';
import { termSql } from './term.ts';
import { identifier, qualified, type Values } from './text.ts';

const noEmbed = (): never => {
  throw new Error('a mutation has no embeds of its own');
};
const whereSql = (relation: string, terms: readonly PlannedTerm[], values: Values): string =>
  terms.length === 0 ? '' : ` WHERE ${terms.map((term) => termSql(relation, term, values, noEmbed)).join(' AND ')}`;

const returningSql = (table: string, columns: readonly string[]): string =>
  ` RETURNING ${columns.length === 0 ? '1' : columns.map((name) => (name === '*' ? `${table}.*` : `${table}.${identifier(name)}`)).join(', ')}`;

// Counts inserted rows across the statement: +1 for each row offered, -1 for each that became an update.
const counted = (step: 1 | -1): string =>
  `set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) ${step === 1 ? '+ 1' : '- 1'})::text, true) <> '${step === 1 ? 'none' : 'some'}'`;

function insertSql(plan: MutatePlan, values: Values): string {
  const table = qualified(plan.table);
  const names = plan.columns.map(({ name }) => identifier(name));
  const selected = names.map((name) => `pgrst_body.${name}`).join(', ');
  const into = names.length === 0 ? '' : `(${names.join(', ')})`;
  const body = bodySql(plan.body, plan.columns, values, { applyDefaults: plan.applyDefaults });
  const conditions = [
    ...plan.filters.map((term) => termSql('pgrst_body', term, values, noEmbed)),
    ...(plan.conflict === undefined ? [] : [counted(1)]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `INSERT INTO ${table}${into} SELECT ${selected} ${body}${where}${conflictSql(plan, names)}${returningSql(table, plan.returning)}`;
}

function conflictSql({ conflict }: MutatePlan, names: readonly string[]): string {
  if (conflict === undefined) return '';
  const target = ` ON CONFLICT(${conflict.columns.map(identifier).join(', ')})`;
  if (!conflict.merge || names.length === 0) return `${target} DO NOTHING`;
  const assignments = names.map((name) => `${name} = EXCLUDED.${name}`).join(', ');
  return `${target} DO UPDATE SET ${assignments} WHERE ${counted(-1)}`;
}

function updateSql(plan: MutatePlan, values: Values): string {
  const table = qualified(plan.table);
  if (plan.columns.length === 0) {
    const columns = plan.returning.map((name) => (name === '*' ? `${table}.*` : `${table}.${identifier(name)}`));
    return `SELECT ${columns.length === 0 ? 'NULL' : columns.join(', ')} FROM ${table} WHERE false`;
  }
  const assignments = plan.columns.map(({ name }) => `${identifier(name)} = pgrst_body.${identifier(name)}`).join(', ');
  const body = bodySql(plan.body, plan.columns, values, { applyDefaults: plan.applyDefaults });
  return `UPDATE ${table} SET ${assignments} ${body}${whereSql(table, plan.filters, values)}${returningSql(table, plan.returning)}`;
}

/** SQL of a write. `limit` and `order` do not apply to it, as with PostgREST. */
export function mutateSql(plan: MutatePlan, values: Values): string {
  switch (plan.kind) {
    case 'insert':
    case 'put':
      return insertSql(plan, values);
    case 'update':
      return updateSql(plan, values);
    case 'delete': {
      const table = qualified(plan.table);
      return `DELETE FROM ${table}${whereSql(table, plan.filters, values)}${returningSql(table, plan.returning)}`;
    }
  }
}
