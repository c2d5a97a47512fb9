import { newCollection, newDocument } from '../samples/documents.ts';
import type { World } from '../world.ts';
import { anyVersion, of, type Probe, slug } from './probe.ts';

const document = async (world: World): Promise<string> =>
  `/collections/${(await newDocument(world)).p_collection_id}/documents/a%2Fb`;

export const documents = {
  'GET /collections': async (world) => {
    const id = await newCollection(world);
    return { path: of(world, '/collections'), item: (item) => item.id === id };
  },
  'POST /collections': (world) => ({ body: { accountId: world.account, name: slug() } }),
  'GET /collections/{collection}': async (world) => ({ path: `/collections/${await newCollection(world)}` }),
  'PATCH /collections/{collection}': async (world) => ({
    path: `/collections/${await newCollection(world)}`,
    headers: anyVersion,
    body: { description: 'Changed' },
  }),
  'DELETE /collections/{collection}': async (world) => ({ path: `/collections/${await newCollection(world)}` }),
  'POST /collections/{collection}/promote': async (world) => ({
    path: `/collections/${await newCollection(world)}/promote`,
    body: {},
  }),
  'GET /collections/{collection}/documents': async (world) => ({
    path: `/collections/${(await newDocument(world)).p_collection_id}/documents`,
    item: ({ key }) => key === 'a/b',
  }),
  'GET /collections/{collection}/documents/{key}': async (world) => ({ path: await document(world) }),
  'GET /collections/{collection}/documents/{key}/versions': async (world) => ({
    path: `${await document(world)}/versions`,
    item: ({ version }) => version === 1,
  }),
  'PUT /collections/{collection}/documents/{key}': async (world) => ({ path: await document(world), body: { a: 2 } }),
  'DELETE /collections/{collection}/documents/{key}': async (world) => ({ path: await document(world) }),
} satisfies Record<string, Probe>;
