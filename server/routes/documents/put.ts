import { createRoute } from '@hono/zod-openapi';
import { inAccountSchema } from '../../../contracts/api/document.ts';
import { documentSummarySchema } from '../../../contracts/document.ts';
import { documentValueSchema } from '../../../contracts/document-value.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { documentRowSchema, toDocumentSummary } from '../../rows/document.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection } from '../collections/find.ts';
import { documentParams } from '../collections/params.ts';
import { documentConflict } from './conflict.ts';
import { documentHeaders, expectedDocument } from './expected-document.ts';

const route = createRoute({
  method: 'put',
  path: '/collections/{collection}/documents/{key}',
  tags: ['Documents'],
  summary: 'Put a document: the body is its new value',
  description:
    'With `If-Match` only when it still is the version that was read (409 `version_conflict` shows both), with `If-None-Match: *` only when there is none (409 `document_exists`), with neither in any case. Slashes in the key are written `%2F`.',
  security: bearer,
  request: {
    params: documentParams,
    query: inAccountSchema,
    headers: documentHeaders,
    body: jsonBody(documentValueSchema),
  },
  responses: {
    200: jsonAnswer(documentSummarySchema, 'What is known of the document; its ETag is its new version'),
    ...problems,
  },
});

export const putDocument: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { collection, key } = c.req.valid('param');
    const expected = expectedDocument(c.req.valid('header'));
    const value = c.req.valid('json');
    const { id } = await findCollection(db, collection, c.req.valid('query').accountId);
    const put = { p_collection_id: id, p_key: key, p_value: value, p_expected: expected };
    try {
      const row = await fetchRows(db.rpc('put_document', put), documentRowSchema);
      c.header('etag', etagOf(row.version));
      return c.json(toDocumentSummary(row), 200);
    } catch (error) {
      throw await documentConflict(db, error, { collectionId: id, key, expected, value });
    }
  });
