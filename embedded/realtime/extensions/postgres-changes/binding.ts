import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import { type CheckedFilter, type Filter, operators, parseFilters } from './filter.ts';

/** One wish of a channel: which changes of which table. `table` undefined means every table of the schema. */
export interface Binding {
  id: number;
  event: 'INSERT' | 'UPDATE' | 'DELETE' | '*';
  schema: string;
  table: string | undefined;
  filters: CheckedFilter[];
  select: string[] | undefined;
}

/** A binding that cannot be served; the message goes to the client in a system error. */
export class BindingRefused extends Error {}

const events: readonly ('INSERT' | 'UPDATE' | 'DELETE')[] = ['INSERT', 'UPDATE', 'DELETE'];

/** Stable for equal parameters and small, as clients keep it as a number. */
export function bindingId(raw: Record<string, unknown>): number {
  const canonical = JSON.stringify(Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(canonical).digest().readUInt32BE(0) % 2 ** 27;
}

const checkSchema = z.object({
  check: z.object({
    published: z.boolean(),
    error: z.string().optional(),
    state: z.string().optional(),
    filters: z
      .array(
        z.object({
          column: z.string(),
          op: z.enum(operators),
          values: z.array(z.string()),
          negate: z.boolean(),
          type: z.string(),
        }),
      )
      .optional(),
  }),
});

/** Parses a raw binding and has the database check it for the role; throws BindingRefused. */
export async function checkBinding(pool: Pool, raw: Record<string, unknown>, role: string): Promise<Binding> {
  const event: Binding['event'] = events.find((known) => known === raw.event) ?? '*';
  const schema = wordOr(raw.schema, 'public');
  const table = raw.table === undefined || raw.table === '*' ? undefined : wordOr(raw.table, '');
  const filters = readFilters(raw.filter);
  const select = readSelect(raw.select, table);
  const binding = { id: bindingId(raw), event, schema, table, select };
  if (table === undefined) {
    if (!(await hasPublishedTable(pool, schema))) throw new BindingRefused(notPublished(raw, filters, select));
    if (filters.length > 0) {
      throw new BindingRefused(
        'Filters are not supported for wildcard subscriptions. Provide an explicit schema and table name.',
      );
    }
    return { ...binding, filters: [] };
  }
  const result = await pool.query('select realtime.sfp_check_binding($1, $2, $3, $4, $5) as check', [
    schema,
    table,
    JSON.stringify(filters.map(({ raw: _, ...filter }) => filter)),
    JSON.stringify(select ?? []),
    role,
  ]);
  const { check } = checkSchema.parse(result.rows[0]);
  if (!check.published) throw new BindingRefused(notPublished(raw, filters, select));
  if (check.error !== undefined) {
    throw new BindingRefused(
      `Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: ${describe(raw, filters, select)}. Exception: ERROR ${check.state} (${conditionName(check.state)}) ${check.error}`,
    );
  }
  return { ...binding, filters: check.filters ?? [] };
}

async function hasPublishedTable(pool: Pool, schema: string): Promise<boolean> {
  const result = await pool.query(
    "select 1 from pg_publication_tables where pubname = 'supabase_realtime' and $1 in (schemaname, '*') limit 1",
    [schema],
  );
  return result.rows.length > 0;
}

function readFilters(value: unknown): Filter[] {
  if (value === undefined || value === null) return [];
  const parsed = parseFilters(String(value));
  if (!parsed.ok) throw new BindingRefused(`Error parsing \`filter\` params: ${JSON.stringify(parsed.rest)}`);
  return parsed.filters;
}

function readSelect(value: unknown, table: string | undefined): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new BindingRefused(
      'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
    );
  }
  if (table === undefined) {
    throw new BindingRefused(
      'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    );
  }
  return value;
}

const wordOr = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);

const notPublished = (raw: Record<string, unknown>, filters: Filter[], select: string[] | undefined): string =>
  `Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: ${describe(raw, filters, select)}`;

/** The parameters as the recorded server lists them. */
function describe(raw: Record<string, unknown>, filters: Filter[], select: string[] | undefined): string {
  const list = filters.map(
    ({ column, op, raw: value, negate }) =>
      `{${JSON.stringify(column)}, ${JSON.stringify(op)}, ${JSON.stringify(value)}, ${negate}}`,
  );
  const chosen = select === undefined ? 'nil' : `[${select.map((name) => JSON.stringify(name)).join(', ')}]`;
  return `[event: ${raw.event ?? '*'}, schema: ${raw.schema ?? 'public'}, table: ${raw.table ?? '*'}, filters: [${list.join(', ')}], select: ${chosen}]`;
}

const conditions: Record<string, string> = {
  P0001: 'raise_exception',
  '22P02': 'invalid_text_representation',
  '22007': 'invalid_datetime_format',
  '22008': 'datetime_field_overflow',
  '22003': 'numeric_value_out_of_range',
  '2201B': 'invalid_regular_expression',
  '42704': 'undefined_object',
};

const conditionName = (state: string | undefined): string => conditions[state ?? ''] ?? 'error';
