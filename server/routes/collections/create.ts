import { createRoute } from '@hono/zod-openapi';
import { createCollectionSchema } from '../../../contracts/api/document.ts';
import { collectionSchema } from '../../../contracts/document.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { collectionColumns, collectionRowSchema, toCollection } from '../../rows/collection.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';

export const createCollection: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/collections',
      tags: ['Documents'],
      summary: 'Make a collection of documents',
      description:
        'A document has at most `maxDocumentBytes` (256 KiB unless told, 1 MiB at most); `keepVersions` of its earlier versions are kept (20 unless told).',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createCollectionSchema) },
      responses: { 201: jsonAnswer(collectionSchema, 'The collection'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { accountId, name, description, maxDocumentBytes, keepVersions } = c.req.valid('json');
      const row = {
        account_id: accountId ?? (await soleAccountId(db)),
        name,
        description,
        max_document_bytes: maxDocumentBytes,
        keep_versions: keepVersions,
      };
      const query = db.from('collections').insert(row).select(collectionColumns).single();
      return c.json(toCollection(await fetchRows(query, collectionRowSchema)), 201);
    },
  );
