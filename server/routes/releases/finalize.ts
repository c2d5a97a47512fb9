import { createRoute } from '@hono/zod-openapi';
import { finalizeReleaseSchema } from '../../../contracts/api/release.ts';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { toRelease } from '../../rows/release.ts';
import { changeRelease } from './change.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

const route = createRoute({
  method: 'post',
  path: '/releases/{idOrName}/finalize',
  tags: ['Releases'],
  summary: 'Say that a release is out',
  description:
    'Each of its builds was deployed with success at least once, wherever (409 `release_incomplete` names those that were not); `force` finalizes it all the same and needs the role admin. It goes on being deployed and promoted. The changelog of later releases begins here. `If-Match` as for every change.',
  security: bearer,
  request: { params: releaseParams, headers: ifMatchHeaders, body: jsonBody(finalizeReleaseSchema) },
  responses: { 200: jsonAnswer(releaseSchema, 'The release, finalized'), ...problems },
});

export const finalizeRelease: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { force, reason } = c.req.valid('json');
    const current = await findRelease(db, c.req.valid('param').idOrName);
    const args = { p_force: force, p_reason: reason };
    const release = await changeRelease({ db, current, expected, call: 'finalize_release', args });
    c.header('etag', etagOf(release.version));
    return c.json(toRelease(release), 200);
  });
