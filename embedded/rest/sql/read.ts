import type { PlannedColumn, ReadPlan } from '../plan/model.ts';
import { isToOne } from '../schema/model.ts';
import { columnSql, fieldSql, orderSql, termSql } from './term.ts';
import { identifier, qualified, type Values } from './text.ts';

const relationSql = (plan: ReadPlan): string =>
  plan.sqlAlias === undefined ? qualified(plan.from) : identifier(plan.sqlAlias);

/** The name by which a whole row is passed to a function. */
const rowSql = (plan: ReadPlan): string => identifier(plan.sqlAlias ?? plan.from.name);

/** FROM of a plan, seen from the one that embeds it. */
function fromSql(plan: ReadPlan, parent: ReadPlan | undefined): string {
  const { relationship } = plan;
  const as = plan.sqlAlias === undefined ? '' : ` AS ${identifier(plan.sqlAlias)}`;
  // The cast picks the overload: the rows of a mutation or call are of no named type.
  if (relationship?.kind === 'computed' && parent !== undefined)
    return `FROM ${qualified(relationship.function)}(${rowSql(parent)}::${qualified(relationship.table)})${as}`;
  const junction = relationship?.kind === 'foreign' ? relationship.junction : undefined;
  const through = junction === undefined ? '' : `, ${qualified(junction)} AS ${identifier(junctionAlias(plan))}`;
  return `FROM ${qualified(plan.from)}${as}${through}`;
}
const junctionAlias = (plan: ReadPlan): string => `${plan.subquery}_j`;

/** The conditions that join an embed to the relation that embeds it. */
function joinSql(plan: ReadPlan, parentPlan: ReadPlan | undefined): string[] {
  const { relationship } = plan;
  if (relationship?.kind !== 'foreign' || parentPlan === undefined) return [];
  const parent = relationSql(parentPlan);
  const own = relationSql(plan);
  const { junction } = relationship;
  if (junction === undefined)
    return relationship.columns.map(([ours, theirs]) => `${own}.${identifier(theirs)} = ${parent}.${identifier(ours)}`);
  const middle = identifier(junctionAlias(plan));
  return [
    ...junction.target.map(([mine, theirs]) => `${own}.${identifier(theirs)} = ${middle}.${identifier(mine)}`),
    ...junction.source.map(([theirs, mine]) => `${middle}.${identifier(mine)} = ${parent}.${identifier(theirs)}`),
  ];
}

const hasOutput = (plan: ReadPlan): boolean => plan.columns.length > 0 || plan.embeds.some(hasOutput);

const columnName = ({ alias, aggregate, field }: PlannedColumn): string => alias ?? aggregate ?? field.name;

/** Names of the columns that the subquery of a spread embed gives. */
function spreadNames(plan: ReadPlan): string[] {
  const own = plan.columns.flatMap((column) => {
    if (column.field.name !== '*' || column.aggregate !== undefined) return [columnName(column)];
    return plan.table === undefined ? ['*'] : [...plan.table.columns.keys()];
  });
  const inner = plan.embeds
    .filter(hasOutput)
    .flatMap((embed) => (embed.spread ? spreadNames(embed) : [embed.alias ?? embed.name]));
  return [...own, ...inner];
}

/** What an embed adds to the select list and to FROM of the relation that embeds it. */
function embedSql(embed: ReadPlan, parent: ReadPlan, values: Values): { select: string[]; join: string } {
  const name = identifier(embed.subquery);
  const subquery = readSql(embed, values, parent);
  const shown = hasOutput(embed);
  const called = identifier(embed.alias ?? embed.name);
  const join = embed.join === 'inner' ? 'INNER' : 'LEFT';
  if (embed.relationship !== undefined && isToOne(embed.relationship)) {
    const select = !shown
      ? []
      : embed.spread
        ? spreadNames(embed).map((column) => (column === '*' ? `${name}.*` : `${name}.${identifier(column)}`))
        : [`row_to_json(${name}.*)::jsonb AS ${called}`];
    return { select, join: `${join} JOIN LATERAL (${subquery}) AS ${name} ON TRUE` };
  }
  const found = embed.join === 'inner' ? `${name}.pgrst_rows > 0` : 'TRUE';
  const columns = embed.spread ? spreadNames(embed) : [];
  const aggregates = !shown
    ? []
    : embed.spread
      ? columns.map((column, index) => `json_agg(${name}.${identifier(column)})::jsonb AS c${index}`)
      : [`json_agg(${name})::jsonb AS rows`];
  const select = !shown
    ? []
    : embed.spread
      ? columns.map((column, index) => `COALESCE(${name}.c${index}, '[]') AS ${identifier(column)}`)
      : [`COALESCE(${name}.rows, '[]') AS ${called}`];
  const counted = [...aggregates, 'nullif(count(*), 0) AS pgrst_rows'].join(', ');
  return {
    select,
    join: `${join} JOIN LATERAL (SELECT ${counted} FROM (${subquery}) AS ${name}) AS ${name} ON ${found}`,
  };
}

/** Whether a row was embedded: the subquery's record for one, its count for many. */
function embedIsNull(embed: ReadPlan, negated: boolean): string {
  const name = identifier(embed.subquery);
  const what = embed.relationship !== undefined && isToOne(embed.relationship) ? name : `${name}.pgrst_rows`;
  return `${what} IS ${negated ? '' : 'NOT '}DISTINCT FROM NULL`;
}

const groupSql = (relation: string, plan: ReadPlan, values: Values): string => {
  if (plan.columns.every(({ aggregate }) => aggregate === undefined)) return '';
  const grouped = [
    ...plan.columns
      .filter(({ aggregate }) => aggregate === undefined)
      .map((column) =>
        column.alias === undefined ? fieldSql(relation, column.field, values) : identifier(column.alias),
      ),
    ...plan.embeds
      .filter((embed) => hasOutput(embed) && !embed.spread)
      .map((embed) => identifier(embed.alias ?? embed.name)),
  ];
  return grouped.length === 0 ? '' : ` GROUP BY ${grouped.join(', ')}`;
};

/** SQL that reads the plan. `parent` is the plan that embeds it. */
export function readSql(plan: ReadPlan, values: Values, parent?: ReadPlan): string {
  const relation = relationSql(plan);
  const columns = plan.columns.map((column) => columnSql(relation, column, values));
  const embeds = plan.embeds.map((embed) => embedSql(embed, plan, values));
  const select = [...columns, ...embeds.flatMap((embed) => embed.select)];
  // Without any output (`select=` or only `embed()`), a root gives all its columns; an embed only has to exist.
  const list =
    select.length > 0 ? select : plan.columns.length === 0 && plan.embeds.length === 0 ? [`${relation}.*`] : [];
  const conditions = [
    ...plan.filters.map((term) => termSql(relation, term, values, ({ embed, negated }) => embedIsNull(embed, negated))),
    ...joinSql(plan, parent),
  ];
  const order = plan.order.map((term) => orderSql(relation, term, values));
  const { offset, limit } = plan.range;
  const range =
    limit === undefined && offset === 0
      ? ''
      : ` LIMIT ${limit === undefined ? 'ALL' : values.add(String(limit))} OFFSET ${values.add(String(offset))}`;
  return [
    `SELECT ${list.join(', ')} ${fromSql(plan, parent)}`,
    ...embeds.map(({ join }) => ` ${join}`),
    conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`,
    groupSql(relation, plan, values),
    order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`,
    range,
  ].join('');
}

/** SQL with one row for each row that the plan would read without limits; inner embeds become EXISTS. */
export function countSql(plan: ReadPlan, values: Values, parent?: ReadPlan): string {
  const relation = relationSql(plan);
  const exists = (embed: ReadPlan): string => `EXISTS (${countSql(embed, values, plan)})`;
  const conditions = [
    ...plan.filters.map((term) =>
      termSql(relation, term, values, ({ embed, negated }) => `${negated ? '' : 'NOT '}${exists(embed)}`),
    ),
    ...joinSql(plan, parent),
    ...plan.embeds.filter(({ join }) => join === 'inner').map(exists),
  ];
  return `SELECT 1 ${fromSql(plan, parent)}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
}
