import { createRoute } from '@hono/zod-openapi';
import { setReleaseBuildSchema } from '../../../contracts/api/release.ts';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { toRelease } from '../../rows/release.ts';
import { findProject } from '../projects/find.ts';
import { changeRelease } from './change.ts';
import { findRelease } from './find.ts';
import { findBuildId } from './find-build.ts';
import { releaseBuildParams } from './params.ts';

const route = createRoute({
  method: 'put',
  path: '/releases/{idOrName}/builds/{project}',
  tags: ['Releases'],
  summary: 'Put a build of a project into a pending release, in the place of the one it had',
  description:
    'The newest build that succeeded when `build` is left out. `If-Match` as for every change (428 without it, 409 `version_conflict` when it was changed since); 409 `release_frozen` from the first deployment of the release on.',
  security: bearer,
  request: { params: releaseBuildParams, headers: ifMatchHeaders, body: jsonBody(setReleaseBuildSchema) },
  responses: { 200: jsonAnswer(releaseSchema, 'The release; its ETag is its new version'), ...problems },
});

export const setReleaseBuild: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const named = c.req.valid('param');
    const current = await findRelease(db, named.idOrName);
    const project = await findProject(db, named.project);
    const build = await findBuildId(db, project, c.req.valid('json').build);
    const release = await changeRelease({
      db,
      current,
      expected,
      call: 'set_release_build',
      args: { p_build_id: build },
    });
    c.header('etag', etagOf(release.version));
    return c.json(toRelease(release), 200);
  });
