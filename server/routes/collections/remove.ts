import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { inAccountSchema } from '../../../contracts/api/document.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection, requireOwn } from './find.ts';
import { collectionParams } from './params.ts';

export const removeCollection: Endpoint = (api, { wakeCollectionMover }) =>
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/collections/{collection}',
      tags: ['Documents'],
      summary: 'Delete a collection with all its documents and their versions',
      security: bearer,
      request: { params: collectionParams, query: inAccountSchema },
      responses: { 204: { description: 'Deleted' }, ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const found = await findCollection(db, c.req.valid('param').collection, c.req.valid('query').accountId);
      requireOwn(found);
      const query = db.from('collections').delete().eq('id', found.id).select('id');
      // RLS hides from a delete what the caller may not delete.
      if ((await fetchRows(query, z.array(z.unknown()))).length === 0) {
        throw new ApiProblem(403, {
          code: 'forbidden',
          message: 'Deleting a collection needs the role admin in its account.',
          suggestion: 'Ask an owner of the account for a higher role.',
        });
      }
      wakeCollectionMover();
      return c.body(null, 204);
    },
  );
