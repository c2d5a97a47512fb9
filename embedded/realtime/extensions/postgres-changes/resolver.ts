import type { Pool } from 'pg';
import { z } from 'zod';
import type { Relation } from '../../replication/pgoutput.ts';
import type { CheckedFilter } from './filter.ts';

/** A question to the database about the changed rows of one table. */
export interface TableQuestion {
  relation: Relation;
  roles: Set<string>;
  /** Rows whose visibility is asked, by number. */
  keys: ({ __n: number } & Record<string, string | number | null>)[];
  viewers: { role: string; claims: Record<string, unknown> }[];
  filters: {
    role: string;
    filters: CheckedFilter[];
    rows: ({ __n: number } & Record<string, string | number | null>)[];
  }[];
}

const answerSchema = z.object({
  gone: z.boolean().optional(),
  rls: z.boolean().default(false),
  pk: z.array(z.string()).default([]),
  columns: z.array(z.object({ name: z.string(), type: z.string() })).default([]),
  roles: z.record(z.string(), z.array(z.string())).default({}),
  visible: z.array(z.array(z.number())).default([]),
  matches: z.array(z.array(z.number())).default([]),
});
export type TableAnswer = z.infer<typeof answerSchema>;

const rowSchema = z.object({ answers: z.array(answerSchema) });

/** Asks for all tables of a batch in one round trip. Privileges and policies are read each time: a revoked right ends at once. */
export async function resolveChanges(
  pool: Pool,
  questions: TableQuestion[],
  xids: Iterable<number>,
): Promise<TableAnswer[]> {
  const tables = questions.map(({ relation, roles, ...question }) => ({
    rel: relation.id,
    roles: [...roles],
    ...question,
  }));
  const result = await pool.query('select realtime.sfp_resolve_changes($1, $2) as answers', [
    JSON.stringify(tables),
    [...xids],
  ]);
  return rowSchema.parse(result.rows[0]).answers;
}

const keysSchema = z.object({ keys: z.array(z.string()) });

/** Primary key columns. Postgres sends the relation anew when they change, so one question per relation message is enough. */
export class PrimaryKeys {
  readonly #keys = new WeakMap<Relation, string[]>();
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async of(relation: Relation): Promise<string[]> {
    const known = this.#keys.get(relation);
    if (known !== undefined) return known;
    const result = await this.#pool.query(
      `select coalesce(array_agg(a.attname::text), '{}') as keys
       from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
       where i.indrelid = $1 and i.indisprimary`,
      [relation.id],
    );
    const { keys } = keysSchema.parse(result.rows[0]);
    this.#keys.set(relation, keys);
    return keys;
  }
}
