import type { Payload } from '../http/payload.ts';
import type { Preferences } from '../http/preferences.ts';
import type { LogicTerm } from '../query/model.ts';
import type { RequestQuery } from '../query/request-query.ts';
import { RestError } from '../rest-error.ts';
import type { Table } from '../schema/model.ts';
import { planFilter } from './field.ts';
import type { BodyColumn, MutatePlan, PlannedTerm, ReadPlan } from './model.ts';
import { neededColumns } from './returning.ts';

const rootTerm = (term: LogicTerm, table: Table): PlannedTerm =>
  term.kind === 'group'
    ? { ...term, terms: term.terms.map((inner) => rootTerm(inner, table)) }
    : planFilter(term, table);

function bodyColumns(keys: readonly string[], table: Table): BodyColumn[] {
  return [...new Set(keys)].toSorted().map((key) => {
    const column = table.columns.get(key);
    if (column === undefined)
      throw new RestError({
        status: 400,
        code: 'PGRST204',
        message: `Could not find the '${key}' column of '${table.name}' in the schema cache`,
      });
    return column;
  });
}

/** PUT writes one row, named by its whole primary key and nothing else. */
function checkPut(query: RequestQuery, table: Table): void {
  const root = query.filters.filter(({ path }) => path.length === 0).map(({ value }) => value);
  const fields = new Set(query.filters.map(({ value }) => value.field.name));
  const whole =
    table.primaryKey.length > 0 &&
    query.logic.length === 0 &&
    fields.size === table.primaryKey.length &&
    table.primaryKey.every((column) => fields.has(column)) &&
    root.every(
      ({ negated, operation }) =>
        !negated &&
        operation.kind === 'quantifiable' &&
        operation.operator === 'eq' &&
        operation.quantifier === undefined,
    );
  if (!whole)
    throw new RestError({
      status: 405,
      code: 'PGRST105',
      message: "Filters must include all and only primary key columns with 'eq' operators",
    });
}

/** The plan of a write. `read` is the plan of what is returned. */
export function planMutation(
  kind: MutatePlan['kind'],
  table: Table,
  request: { query: RequestQuery; payload: Payload | undefined; preferences: Preferences },
  read: ReadPlan,
): MutatePlan {
  const { query, payload, preferences } = request;
  if (kind === 'put') checkPut(query, table);
  const terms: LogicTerm[] = [
    ...query.filters.filter(({ path }) => path.length === 0).map(({ value }) => value),
    ...query.logic.filter(({ path }) => path.length === 0).map(({ value }) => value),
  ];
  const returns = preferences.return === 'representation' || preferences.return === 'headers-only';
  const conflictColumns = query.onConflict ?? table.primaryKey;
  const upsert = kind === 'insert' && preferences.resolution !== undefined && conflictColumns.length > 0;
  return {
    kind,
    table,
    body: payload?.text ?? '',
    columns: kind === 'delete' ? [] : bodyColumns(payload?.keys ?? [], table),
    filters: kind === 'insert' ? [] : terms.map((term) => rootTerm(term, table)),
    conflict:
      kind === 'put'
        ? { columns: table.primaryKey, merge: true }
        : upsert
          ? { columns: conflictColumns, merge: preferences.resolution === 'merge-duplicates' }
          : undefined,
    applyDefaults: kind !== 'put' && preferences.missing === 'default',
    returning: returns ? neededColumns(read, table.primaryKey) : [],
  };
}
