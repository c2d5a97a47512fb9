import type { PlannedColumn, PlannedField, PlannedOrder, PlannedTerm } from '../plan/model.ts';
import { fullText, isValues, type JsonStep, type Operation, quantifiable, simple } from '../query/model.ts';
import { arrayLiteral, identifier, type Values } from './text.ts';

const pathSql = (path: readonly JsonStep[], values: Values): string =>
  path
    .map(({ text, key, index }) => {
      const operator = text ? '->>' : '->';
      return index === undefined ? `${operator}${values.add(key ?? '')}` : `${operator}${values.add(index)}::int`;
    })
    .join('');

/** A field of `relation` (SQL text of its name). */
export function fieldSql(relation: string, field: PlannedField, values: Values): string {
  const column = field.name === '*' ? `${relation}.*` : `${relation}.${identifier(field.name)}`;
  if (field.path.length === 0) return column;
  return (field.toJson ? `to_jsonb(${column})` : column) + pathSql(field.path, values);
}

// The grammar lets only letters, digits, `_`, space and `$` into a cast; quoting it would change what `int` means.
const castSql = (sql: string, cast: string | undefined): string =>
  cast === undefined ? sql : `CAST(${sql} AS ${cast})`;

/** One item of a select list. */
export function columnSql(relation: string, column: PlannedColumn, values: Values): string {
  const { field, cast, alias, aggregate, aggregateCast } = column;
  const plain = castSql(aggregate !== undefined && field.name === '*' ? '*' : fieldSql(relation, field, values), cast);
  const sql = aggregate === undefined ? plain : castSql(`${aggregate}(${plain})`, aggregateCast);
  return alias === undefined ? sql : `${sql} AS ${identifier(alias)}`;
}

const stars = (value: string): string => value.replaceAll('*', '%');

function operationSql(operation: Operation, values: Values): string {
  switch (operation.kind) {
    case 'simple':
      return `${simple[operation.operator]} ${values.add(operation.value)}`;
    case 'quantifiable': {
      const pattern = operation.operator === 'like' || operation.operator === 'ilike';
      const value = values.add(pattern ? stars(operation.value) : operation.value);
      const quantified = operation.quantifier === undefined ? value : `${operation.quantifier.toUpperCase()}(${value})`;
      return `${quantifiable[operation.operator]} ${quantified}`;
    }
    case 'in': {
      const [only, ...more] = operation.values;
      return `= ANY (${values.add(only === '' && more.length === 0 ? '{}' : arrayLiteral(operation.values))})`;
    }
    case 'is':
      return `IS ${isValues[operation.value]}`;
    case 'isdistinct':
      return `IS DISTINCT FROM ${values.add(operation.value)}`;
    case 'fullText': {
      const language = operation.language === undefined ? '' : `${values.add(operation.language)}::regconfig, `;
      return `@@ ${fullText[operation.operator]}(${language}${values.add(operation.value)})`;
    }
  }
}

/** A condition. `embedSql` renders "no row of this embed", which reads and counts see differently. */
export function termSql(
  relation: string,
  term: PlannedTerm,
  values: Values,
  embedSql: (embed: Extract<PlannedTerm, { kind: 'embedIsNull' }>) => string,
): string {
  if (term.kind === 'embedIsNull') return embedSql(term);
  if (term.kind === 'group') {
    const inner = term.terms.map((one) => termSql(relation, one, values, embedSql));
    return `${term.negated ? 'NOT ' : ''}(${inner.join(term.operator === 'and' ? ' AND ' : ' OR ')})`;
  }
  const { field, operation, negated, toTsVector } = term;
  const plain = fieldSql(relation, field, values);
  const language = operation.kind === 'fullText' && operation.language !== undefined ? operation.language : undefined;
  const left = toTsVector
    ? `to_tsvector(${language === undefined ? '' : `${values.add(language)}::regconfig, `}${plain})`
    : plain;
  return `${negated ? 'NOT ' : ''}${left} ${operationSql(operation, values)}`;
}

const directions = { asc: ' ASC', desc: ' DESC' } as const;
const nullOrders = { first: ' NULLS FIRST', last: ' NULLS LAST' } as const;

/** One term of ORDER BY. */
export function orderSql(relation: string, order: PlannedOrder, values: Values): string {
  const from = order.embed === undefined ? relation : identifier(order.embed.subquery);
  const direction = order.direction === undefined ? '' : directions[order.direction];
  return fieldSql(from, order.field, values) + direction + (order.nulls === undefined ? '' : nullOrders[order.nulls]);
}
