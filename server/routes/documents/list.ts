import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { documentPageSchema, documentQuerySchema } from '../../../contracts/api/document.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { documentRowSchema, toListedDocument } from '../../rows/document.ts';
import { fetchRows } from '../../services/database.ts';
import { findCollection } from '../collections/find.ts';
import { collectionParams } from '../collections/params.ts';
import { decodeCursor, encodeCursor, positionSchema } from './cursor.ts';

const foundSchema = z.object({ documents: z.array(documentRowSchema), next: positionSchema.nullable() });

const route = createRoute({
  method: 'get',
  path: '/collections/{collection}/documents',
  tags: ['Documents'],
  summary: 'Documents of a collection, by key or the last changed first',
  description:
    '`where` are conditions on fields that all hold: `status=failed`, `build.number>=7`, `version="10"` (the text), with `= != > >= < <=`; a comparison by size meets fields of the value’s type alone. `contains` is JSON that a document contains. With values a page may end early, after 4 MiB of them; `nextCursor` goes on.',
  security: bearer,
  request: { params: collectionParams, query: documentQuerySchema },
  responses: { 200: jsonAnswer(documentPageSchema, 'A page'), ...problems },
});

export const listDocuments: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { accountId, cursor, limit, prefix, order, where, contains, values } = c.req.valid('query');
    const { id } = await findCollection(db, c.req.valid('param').collection, accountId);
    const query = db.rpc('list_documents', {
      p_collection_id: id,
      p_filters: where,
      p_contains: contains,
      p_prefix: prefix,
      p_order: order,
      p_after: cursor === undefined ? null : decodeCursor(cursor, positionSchema),
      p_limit: limit,
      p_values: values === 'true',
    });
    const { documents, next } = await fetchRows(query, foundSchema);
    return c.json(
      { items: documents.map(toListedDocument), nextCursor: next === null ? null : encodeCursor(next) },
      200,
    );
  });
