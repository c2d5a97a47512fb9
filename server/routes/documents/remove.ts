import { createRoute } from '@hono/zod-openapi';
import { inAccountSchema } from '../../../contracts/api/document.ts';
import { documentSummarySchema } from '../../../contracts/document.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { documentRowSchema, toDocumentSummary } from '../../rows/document.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection } from '../collections/find.ts';
import { documentParams } from '../collections/params.ts';
import { documentConflict } from './conflict.ts';

const route = createRoute({
  method: 'delete',
  path: '/collections/{collection}/documents/{key}',
  tags: ['Documents'],
  summary: 'Delete a document; its versions stay',
  description:
    'A deletion is a version too. With `If-Match` only when it still is the version that was read, without it in any case.',
  security: bearer,
  request: { params: documentParams, query: inAccountSchema, headers: ifMatchHeaders },
  responses: { 200: jsonAnswer(documentSummarySchema, 'The version that is the deletion'), ...problems },
});

export const removeDocument: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { collection, key } = c.req.valid('param');
    const match = c.req.valid('header')['if-match'];
    const expected = match === undefined ? null : expectedVersion(match);
    const { id } = await findCollection(db, collection, c.req.valid('query').accountId);
    const deletion = { p_collection_id: id, p_key: key, p_expected: expected };
    try {
      const row = await fetchRows(db.rpc('delete_document', deletion), documentRowSchema);
      c.header('etag', etagOf(row.version));
      return c.json(toDocumentSummary(row), 200);
    } catch (error) {
      throw await documentConflict(db, error, { collectionId: id, key, expected });
    }
  });
