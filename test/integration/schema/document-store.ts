import { randomBytes } from 'node:crypto';
import type { Document } from '../../../contracts/document.ts';
import type { DocumentFilter } from '../../../contracts/document-filter.ts';
import { asService, asUser, type CoreDatabase } from './core-database.ts';
import type { World } from './world.ts';

/** A document as the functions give it. */
export interface Row {
  key: string;
  version: number;
  deleted: boolean;
  value: Document['value'];
  bytes: number;
  updated_by: string | null;
}
export interface Found {
  documents: Row[];
  next: { key: string; updated_at: string } | null;
}
export interface Listing {
  where?: readonly DocumentFilter[];
  contains?: unknown;
  prefix?: string;
  order?: string;
  after?: Found['next'];
  limit?: number;
  values?: boolean;
}

/** The functions for documents, each call a request of this user's, as through REST. */
export function documentsOf(database: CoreDatabase, user: string) {
  const call = async (sql: string, values: readonly unknown[]) =>
    (await database.as(asUser(user), (client) => client.query(sql, [...values]))).rows;
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  return {
    put: async (id: string, key: string, value: unknown, expected: number | null = null): Promise<Row> =>
      (await call('select * from public.put_document($1, $2, $3, $4)', [id, key, json(value), expected]))[0],
    remove: async (id: string, key: string, expected: number | null = null): Promise<Row> =>
      (await call('select * from public.delete_document($1, $2, $3)', [id, key, expected]))[0],
    get: async (id: string, key: string, version: number | null = null): Promise<Row> =>
      (await call('select * from public.get_document($1, $2, $3)', [id, key, version]))[0],
    list: async (
      id: string,
      { where = [], contains, prefix, order, after, limit, values }: Listing = {},
    ): Promise<Found> =>
      (
        await call('select public.list_documents($1, $2, $3, $4, $5, $6, $7, $8) as found', [
          id,
          json(where),
          json(contains),
          prefix ?? null,
          order ?? 'key',
          json(after ?? undefined),
          limit ?? 50,
          values ?? true,
        ])
      )[0].found,
    versions: (id: string, key: string, before: number | null = null, limit = 50): Promise<Row[]> =>
      call('select * from public.list_document_versions($1, $2, $3, $4)', [id, key, before, limit]),
  };
}

export async function newCollection(
  database: CoreDatabase,
  world: World,
  settings: { max_document_bytes?: number; keep_versions?: number } = {},
): Promise<string> {
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into public.collections (account_id, name, max_document_bytes, keep_versions) values ($1, $2, $3, $4) returning id`,
    [
      world.account,
      `c-${randomBytes(6).toString('hex')}`,
      settings.max_document_bytes ?? 262_144,
      settings.keep_versions ?? 20,
    ],
  );
  return rows[0]?.id ?? '';
}

export const promote = (database: CoreDatabase, world: World, id: string, indexes: unknown = []) =>
  database.as(asUser(world.admin), (client) =>
    client.query('select * from public.promote_collection($1, $2)', [id, JSON.stringify(indexes)]),
  );

/** Does what the API server's sweep does, until nothing is left to do. */
export async function advance(database: CoreDatabase, steps = Number.POSITIVE_INFINITY): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    const { rows } = await database.as(asService, (client) =>
      client.query<{ more: boolean }>('select public.advance_collections() as more'),
    );
    if (rows[0]?.more !== true) return;
  }
}
