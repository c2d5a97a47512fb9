import type { Field, Filter, JsonStep, SelectField } from '../query/model.ts';
import type { Table } from '../schema/model.ts';
import type { PlannedColumn, PlannedField, PlannedFilter } from './model.ts';

/** A field with what the table's column type means for it. */
export function planField({ name, path }: Field, table: Table | undefined): PlannedField {
  const type = table?.columns.get(name)?.type;
  return { name, path, toJson: type !== 'json' && type !== 'jsonb' };
}

const lastKey = (path: readonly JsonStep[]): string | undefined => path.findLast(({ key }) => key !== undefined)?.key;

/** A selected column; a JSON path is called by its last key. */
export const planColumn = (item: SelectField, table: Table | undefined): PlannedColumn => ({
  field: planField(item.field, table),
  cast: item.cast,
  alias:
    item.alias ??
    (item.aggregate === undefined && item.field.path.length > 0
      ? (lastKey(item.field.path) ?? item.field.name)
      : undefined),
  aggregate: item.aggregate,
  aggregateCast: item.aggregateCast,
});

export const planFilter = ({ field, negated, operation }: Filter, table: Table | undefined): PlannedFilter => ({
  kind: 'filter',
  field: planField(field, table),
  negated,
  operation,
  toTsVector: operation.kind === 'fullText' && table?.columns.get(field.name)?.type !== 'tsvector',
});
