import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { documentVersionPageSchema, documentVersionsQuerySchema } from '../../../contracts/api/document.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { documentRowSchema, toDocumentSummary } from '../../rows/document.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection } from '../collections/find.ts';
import { documentParams } from '../collections/params.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const route = createRoute({
  method: 'get',
  path: '/collections/{collection}/documents/{key}/versions',
  tags: ['Documents'],
  summary: 'The versions of a document, newest first, without their values',
  security: bearer,
  request: { params: documentParams, query: documentVersionsQuerySchema },
  responses: { 200: jsonAnswer(documentVersionPageSchema, 'A page'), ...problems },
});

export const listDocumentVersions: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { collection, key } = c.req.valid('param');
    const { accountId, cursor, limit } = c.req.valid('query');
    const { id } = await findCollection(db, collection, accountId);
    const before = cursor === undefined ? null : decodeCursor(cursor, z.int().min(1).max(2_147_483_647));
    const query = db.rpc('list_document_versions', {
      p_collection_id: id,
      p_key: key,
      p_before: before,
      p_limit: limit + 1,
    });
    const rows = await fetchRows(query, z.array(documentRowSchema));
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(last.version) : null;
    return c.json({ items: shown.map(toDocumentSummary), nextCursor }, 200);
  });
