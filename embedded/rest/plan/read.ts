import { restrict } from '../http/range.ts';
import type { LogicTerm, OrderTerm, RowRange, SelectItem, Targeted } from '../query/model.ts';
import type { RequestQuery } from '../query/request-query.ts';
import { RestError } from '../rest-error.ts';
import { isToOne, keyOf, type QualifiedName, type SchemaCache } from '../schema/model.ts';
import { planColumn, planField, planFilter } from './field.ts';
import { findRelationship } from './find-relationship.ts';
import { type PlannedOrder, type PlannedTerm, type ReadPlan, sourceName } from './model.ts';

export interface ReadOptions {
  /** Filters of the root are applied here; false for a mutation, which applies them itself. */
  rootFilters: boolean;
  /** Limit and offset count; for mutations they do not, only the order of what is returned. */
  limited: boolean;
  /** The rows come from a mutation or a function, under this name. */
  source: boolean;
  maxRows: number | undefined;
  aggregates: boolean;
  /** The root's range, header and query string taken together. */
  rootRange: RowRange;
}

const notEmbedded = (name: string): RestError =>
  new RestError({
    status: 400,
    code: 'PGRST108',
    message: `'${name}' is not an embedded resource in this request`,
    hint: `Verify that '${name}' is included in the 'select' query parameter.`,
  });

interface Draft {
  cache: SchemaCache;
  options: ReadOptions;
  /** Subqueries are numbered, so that their names stay short and distinct. */
  subqueries: number;
}

function build(
  draft: Draft,
  plan: Omit<ReadPlan, 'columns' | 'embeds'>,
  items: readonly SelectItem[],
  depth: number,
): ReadPlan {
  const columns = items.flatMap((item) => (item.kind === 'field' ? [planColumn(item, plan.table)] : []));
  if (!draft.options.aggregates && columns.some(({ aggregate }) => aggregate !== undefined))
    throw new RestError({ status: 400, code: 'PGRST123', message: 'Use of aggregate functions is not allowed' });
  const origin = plan.table ?? plan.from;
  const embeds = items.flatMap((item) => {
    if (item.kind === 'field') return [];
    const relationship = findRelationship(draft.cache, origin, item.relation, item.hint);
    draft.subqueries += 1;
    const embed: Omit<ReadPlan, 'columns' | 'embeds'> = {
      name: item.relation,
      alias: item.alias,
      from: relationship.foreign,
      table: draft.cache.tables.get(keyOf(relationship.foreign)),
      sqlAlias: `${relationship.foreign.name}_${depth + 1}`,
      subquery: `pgrst_embed_${draft.subqueries}`,
      relationship,
      join: item.join ?? 'left',
      spread: item.spread,
      filters: [],
      order: [],
      range: { offset: 0 },
    };
    return [build(draft, embed, item.items, depth + 1)];
  });
  return { ...plan, columns, embeds };
}

const called = (embed: ReadPlan): string => embed.alias ?? embed.name;

/** The embed at `path`, by name or alias. */
function target(root: ReadPlan, path: readonly string[]): ReadPlan {
  return path.reduce((plan, name) => {
    const found = plan.embeds.find((embed) => embed.name === name || embed.alias === name);
    if (found === undefined) throw notEmbedded(name);
    return found;
  }, root);
}

function planTerm(term: LogicTerm, plan: ReadPlan): PlannedTerm {
  if (term.kind === 'group') return { ...term, terms: term.terms.map((inner) => planTerm(inner, plan)) };
  const { field, operation, negated } = term;
  if (field.path.length === 0 && operation.kind === 'is' && operation.value === 'null') {
    const embed = plan.embeds.find((one) => called(one) === field.name);
    if (embed !== undefined) return { kind: 'embedIsNull', negated, embed };
  }
  return planFilter(term, plan.table);
}

function planOrder(term: OrderTerm, plan: ReadPlan): PlannedOrder {
  const { relation, direction, nulls } = term;
  if (relation === undefined) return { field: planField(term.field, plan.table), embed: undefined, direction, nulls };
  const embed = plan.embeds.find((one) => called(one) === relation);
  if (embed === undefined) throw notEmbedded(relation);
  if (embed.relationship !== undefined && !isToOne(embed.relationship))
    throw new RestError({
      status: 400,
      code: 'PGRST118',
      message: `A related order on '${called(embed)}' is not possible`,
      details: `'${plan.from.name}' and '${called(embed)}' do not form a many-to-one or one-to-one relationship`,
    });
  return { field: planField(term.field, embed.table), embed, direction, nulls };
}

const eachTargeted = <T>(
  root: ReadPlan,
  given: readonly Targeted<T>[],
  apply: (plan: ReadPlan, value: T) => void,
): void => {
  for (const { path, value } of given) apply(target(root, path), value);
};

function restrictTree(plan: ReadPlan, maximum: number | undefined): void {
  plan.range = restrict(plan.range, maximum);
  for (const embed of plan.embeds) restrictTree(embed, maximum);
}

/** The plan for reading `relation` as the query asks. Refuses unknown embeds and relationships. */
export function planRead(
  cache: SchemaCache,
  relation: QualifiedName,
  query: RequestQuery,
  options: ReadOptions,
): ReadPlan {
  const table = cache.tables.get(keyOf(relation));
  const root = build(
    { cache, options, subqueries: 0 },
    {
      name: relation.name,
      alias: undefined,
      from: options.source ? { schema: '', name: sourceName } : relation,
      table,
      sqlAlias: options.source ? relation.name : undefined,
      subquery: '',
      relationship: undefined,
      join: 'left',
      spread: false,
      filters: [],
      order: [],
      range: { offset: 0 },
    },
    query.select,
    0,
  );
  const wanted = (path: readonly string[]): boolean => options.rootFilters || path.length > 0;
  eachTargeted(
    root,
    query.filters.filter(({ path }) => wanted(path)),
    (plan, filter) => {
      plan.filters.push(planTerm(filter, plan));
    },
  );
  eachTargeted(
    root,
    query.logic.filter(({ path }) => wanted(path)),
    (plan, term) => {
      plan.filters.push(planTerm(term, plan));
    },
  );
  eachTargeted(root, query.order, (plan, terms) => {
    plan.order = terms.map((term) => planOrder(term, plan));
  });
  if (!options.limited) return root;
  eachTargeted(root, query.ranges, (plan, range) => {
    plan.range = range;
  });
  root.range = options.rootRange;
  restrictTree(root, options.maxRows);
  return root;
}
