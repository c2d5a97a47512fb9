import { createRoute } from '@hono/zod-openapi';
import { getDocumentQuerySchema } from '../../../contracts/api/document.ts';
import { documentSchema } from '../../../contracts/document.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { documentRowSchema, toDocument } from '../../rows/document.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection } from '../collections/find.ts';
import { documentParams } from '../collections/params.ts';

const route = createRoute({
  method: 'get',
  path: '/collections/{collection}/documents/{key}',
  tags: ['Documents'],
  summary: 'One document, or one of its versions',
  security: bearer,
  request: { params: documentParams, query: getDocumentQuerySchema },
  responses: { 200: jsonAnswer(documentSchema, 'The document; its ETag is its version'), ...problems },
});

export const getDocument: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { collection, key } = c.req.valid('param');
    const { accountId, version } = c.req.valid('query');
    const { id } = await findCollection(db, collection, accountId);
    const query = db.rpc('get_document', { p_collection_id: id, p_key: key, p_version: version });
    const row = await fetchRows(query, documentRowSchema);
    c.header('etag', etagOf(row.version));
    return c.json(toDocument(row), 200);
  });
