import type { World } from '../world.ts';
import { type Sample, slug } from './sample.ts';

export async function newCollection(world: World): Promise<string> {
  const sql = 'insert into public.collections (account_id, name) values ($1, $2) returning id';
  return (await world.insert(sql, [world.account, slug()])).id ?? '';
}

/** A document under the key `a/b` in a collection of its own. */
export async function newDocument(world: World): Promise<{ p_collection_id: string; p_key: string }> {
  const id = await newCollection(world);
  const sql = `insert into private.documents (collection_id, key, value, bytes) values ($1, 'a/b', '{"a": 1}', 8) returning key`;
  await world.insert(sql, [id]);
  return { p_collection_id: id, p_key: 'a/b' };
}

export const documents = {
  collections: {
    existing: async (world) => ({ id: await newCollection(world) }),
    fresh: (world) => ({ account_id: world.account, name: slug() }),
    patch: { description: 'Changed' },
  },
} satisfies Record<string, Sample>;
