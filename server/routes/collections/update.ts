import { createRoute } from '@hono/zod-openapi';
import { inAccountSchema, updateCollectionSchema } from '../../../contracts/api/document.ts';
import { collectionSchema } from '../../../contracts/document.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { collectionColumns, collectionRowSchema, toCollection } from '../../rows/collection.ts';
import { findCollection, requireOwn } from './find.ts';
import { collectionParams } from './params.ts';

const route = createRoute({
  method: 'patch',
  path: '/collections/{collection}',
  tags: ['Documents'],
  summary: 'Change a collection; what is left out stays',
  description:
    '`If-Match` carries the ETag of the version that was read (428 without it). When the collection was changed since, nothing happens: 409 `version_conflict` with both versions. New limits hold for what is put from now on.',
  security: bearer,
  request: {
    params: collectionParams,
    query: inAccountSchema,
    headers: ifMatchHeaders,
    body: jsonBody(updateCollectionSchema),
  },
  responses: { 200: jsonAnswer(collectionSchema, 'The collection; its ETag is its new version'), ...problems },
});

export const updateCollection: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { description, maxDocumentBytes, keepVersions } = c.req.valid('json');
    const current = await findCollection(db, c.req.valid('param').collection, c.req.valid('query').accountId);
    requireOwn(current);
    const collection = await updateVersioned({
      db,
      table: 'collections',
      key: { id: current.id },
      what: 'collection',
      columns: collectionColumns,
      schema: collectionRowSchema,
      represent: toCollection,
      current,
      expected,
      changes: { description, max_document_bytes: maxDocumentBytes, keep_versions: keepVersions },
    });
    c.header('etag', etagOf(collection.version));
    return c.json(toCollection(collection), 200);
  });
