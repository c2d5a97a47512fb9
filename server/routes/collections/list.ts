import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { collectionQuerySchema } from '../../../contracts/api/document.ts';
import { collectionSchema } from '../../../contracts/document.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { collectionColumns, collectionRowSchema, toCollection } from '../../rows/collection.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/collections',
  tags: ['Documents'],
  summary: 'Collections of the caller’s accounts, newest first',
  security: bearer,
  request: { query: collectionQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(collectionSchema), 'A page'), ...problems },
});

export const listCollections: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { accountId, name, ...page } = c.req.valid('query');
    let query = db.from('collections').select(collectionColumns);
    if (accountId !== undefined) query = query.eq('account_id', accountId);
    if (name !== undefined) query = query.eq('name', name);
    const rows = await fetchRows(paginate(query, page), z.array(collectionRowSchema));
    return c.json(toPage(rows, page.limit, toCollection), 200);
  });
