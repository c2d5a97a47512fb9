import { createRoute } from '@hono/zod-openapi';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { toRelease } from '../../rows/release.ts';
import { findProject } from '../projects/find.ts';
import { changeRelease } from './change.ts';
import { findRelease } from './find.ts';
import { releaseBuildParams } from './params.ts';

const route = createRoute({
  method: 'delete',
  path: '/releases/{idOrName}/builds/{project}',
  tags: ['Releases'],
  summary: 'Take the build of a project out of a pending release',
  description: '`If-Match` as for every change; 409 `release_frozen` from the first deployment of the release on.',
  security: bearer,
  request: { params: releaseBuildParams, headers: ifMatchHeaders },
  responses: { 200: jsonAnswer(releaseSchema, 'The release; its ETag is its new version'), ...problems },
});

export const removeReleaseBuild: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const named = c.req.valid('param');
    const current = await findRelease(db, named.idOrName);
    const { id } = await findProject(db, named.project);
    const args = { p_project_id: id };
    const release = await changeRelease({ db, current, expected, call: 'remove_release_build', args });
    c.header('etag', etagOf(release.version));
    return c.json(toRelease(release), 200);
  });
