import { createRoute } from '@hono/zod-openapi';
import { inAccountSchema } from '../../../contracts/api/document.ts';
import { collectionSchema } from '../../../contracts/document.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toCollection } from '../../rows/collection.ts';
import { findCollection } from './find.ts';
import { collectionParams } from './params.ts';

const route = createRoute({
  method: 'get',
  path: '/collections/{collection}',
  tags: ['Documents'],
  summary: 'One collection, by id or name',
  security: bearer,
  request: { params: collectionParams, query: inAccountSchema },
  responses: { 200: jsonAnswer(collectionSchema, 'The collection; its ETag is its version'), ...problems },
});

export const getCollection: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { collection: idOrName } = c.req.valid('param');
    const collection = await findCollection(c.get('caller').db, idOrName, c.req.valid('query').accountId);
    c.header('etag', etagOf(collection.version));
    return c.json(toCollection(collection), 200);
  });
