import type { Pool } from 'pg';
import { z } from 'zod';
import type { Shape } from './render.ts';

const rowSchema = z.object({
  oid: z.number(),
  typname: z.string(),
  typtype: z.string(),
  typelem: z.number(),
  typbasetype: z.number(),
  is_array: z.boolean(),
});

/** Scalars that JSON has, or that the recorded server writes differently from Postgres's text. */
const shapes: Record<string, Shape> = {
  bool: { kind: 'bool' },
  int2: { kind: 'number' },
  int4: { kind: 'number' },
  int8: { kind: 'number' },
  oid: { kind: 'number' },
  numeric: { kind: 'number' },
  float4: { kind: 'number' },
  float8: { kind: 'number' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
  bytea: { kind: 'bytea' },
  timestamp: { kind: 'timestamp' },
  timestamptz: { kind: 'timestamp' },
};

/** How each type of the database is written as JSON. Types never change their shape, so they are read once. */
export class TypeCatalog {
  readonly #shapes = new Map<number, Shape>();
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes sure that `shape` knows these types. */
  async load(typeIds: Iterable<number>): Promise<void> {
    const missing = [...new Set(typeIds)].filter((id) => !this.#shapes.has(id));
    if (missing.length === 0) return;
    const result = await this.#pool.query(
      `with recursive t as (
         select * from pg_type where oid = any ($1::oid[])
         union select p.* from pg_type p join t on p.oid in (t.typelem, t.typbasetype)
       )
       select oid::int, typname, typtype::text, typelem::int, typbasetype::int,
         (typcategory = 'A' and typlen = -1) as is_array from t`,
      [missing],
    );
    const rows = new Map(
      z
        .array(rowSchema)
        .parse(result.rows)
        .map((row) => [row.oid, row]),
    );
    const resolve = (id: number): Shape => {
      const row = rows.get(id);
      if (row === undefined) return { kind: 'text' };
      if (row.typtype === 'd') return resolve(row.typbasetype);
      if (row.is_array) return { kind: 'array', element: resolve(row.typelem) };
      return shapes[row.typname] ?? { kind: 'text' };
    };
    for (const id of missing) this.#shapes.set(id, resolve(id));
  }

  shape(typeId: number): Shape {
    return this.#shapes.get(typeId) ?? { kind: 'text' };
  }
}
