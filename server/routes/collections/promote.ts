import { createRoute } from '@hono/zod-openapi';
import { inAccountSchema, promoteCollectionSchema } from '../../../contracts/api/document.ts';
import { collectionSchema } from '../../../contracts/document.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { collectionRowSchema, toCollection } from '../../rows/collection.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection } from './find.ts';
import { collectionParams } from './params.ts';

export const promoteCollection: Endpoint = (api, { wakeCollectionMover }) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/collections/{collection}/promote',
      tags: ['Documents'],
      summary: 'Move a collection to a table of its own, while it is used',
      description:
        'For a collection of many documents. `indexes` are fields that documents are found by: `build.number` as `number`, `status` as `text`. The answer comes at once; the move goes on by itself, also after a restart, until `storage` is `dedicated`. Nothing else of the collection changes. Asked again with the same indexes it answers how far it is.',
      security: bearer,
      request: { params: collectionParams, query: inAccountSchema, body: jsonBody(promoteCollectionSchema) },
      responses: { 202: jsonAnswer(collectionSchema, 'The collection, on its way'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { id } = await findCollection(db, c.req.valid('param').collection, c.req.valid('query').accountId);
      const query = db.rpc('promote_collection', { p_id: id, p_indexes: c.req.valid('json').indexes });
      const collection = await fetchRows(query, collectionRowSchema);
      wakeCollectionMover();
      return c.json(toCollection(collection), 202);
    },
  );
