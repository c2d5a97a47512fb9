import { createRoute } from '@hono/zod-openapi';
import { updateReleaseSchema } from '../../../contracts/api/release.ts';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { releaseColumns, releaseRowSchema, toRelease } from '../../rows/release.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

const route = createRoute({
  method: 'patch',
  path: '/releases/{idOrName}',
  tags: ['Releases'],
  summary: 'Rename or describe a release; what is left out stays',
  description:
    '`If-Match` carries the ETag of the version that was read (428 without it). When the release was changed since, nothing happens: 409 `version_conflict` with both versions. The name stays from the first deployment on (409 `release_frozen`), all of it once the release is finalized or aborted (409 `release_ended`).',
  security: bearer,
  request: { params: releaseParams, headers: ifMatchHeaders, body: jsonBody(updateReleaseSchema) },
  responses: { 200: jsonAnswer(releaseSchema, 'The release; its ETag is its new version'), ...problems },
});

export const updateRelease: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { name, description, metadata } = c.req.valid('json');
    const current = await findRelease(db, c.req.valid('param').idOrName);
    const release = await updateVersioned({
      db,
      table: 'releases',
      key: { id: current.id },
      what: 'release',
      columns: releaseColumns,
      schema: releaseRowSchema,
      represent: toRelease,
      current,
      expected,
      changes: { name, description, metadata },
    });
    c.header('etag', etagOf(release.version));
    return c.json(toRelease(release), 200);
  });
