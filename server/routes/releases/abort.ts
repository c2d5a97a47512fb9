import { createRoute } from '@hono/zod-openapi';
import { abortReleaseSchema } from '../../../contracts/api/release.ts';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { toRelease } from '../../rows/release.ts';
import { changeRelease } from './change.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

const route = createRoute({
  method: 'post',
  path: '/releases/{idOrName}/abort',
  tags: ['Releases'],
  summary: 'Give a release up',
  description:
    'It is deployed and promoted no more. Its deployments that have not begun are cancelled, those that run go to their end, and environments that have it keep it: take them back with `POST /api/v1/rollbacks`. `If-Match` as for every change.',
  security: bearer,
  request: { params: releaseParams, headers: ifMatchHeaders, body: jsonBody(abortReleaseSchema) },
  responses: { 200: jsonAnswer(releaseSchema, 'The release, aborted'), ...problems },
});

export const abortRelease: Endpoint = (api, { wakeDispatcher }) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const current = await findRelease(db, c.req.valid('param').idOrName);
    const args = { p_reason: c.req.valid('json').reason };
    const release = await changeRelease({ db, current, expected, call: 'abort_release', args });
    wakeDispatcher();
    c.header('etag', etagOf(release.version));
    return c.json(toRelease(release), 200);
  });
