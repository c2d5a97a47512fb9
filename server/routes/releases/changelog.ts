import { createRoute } from '@hono/zod-openapi';
import { releaseChangelogSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

const route = createRoute({
  method: 'get',
  path: '/releases/{idOrName}/changelog',
  tags: ['Releases'],
  summary: 'What changed in each project of a release since the finalized release before it',
  description:
    'As far as the builds of that ref between the two recorded their commits. Until the first deployment of the release it follows its definition; then it stays.',
  security: bearer,
  request: { params: releaseParams },
  responses: { 200: jsonAnswer(releaseChangelogSchema, 'By project'), ...problems },
});

export const getReleaseChangelog: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { id, name, changelog } = await findRelease(c.get('caller').db, c.req.valid('param').idOrName);
    return c.json({ releaseId: id, release: name, projects: changelog }, 200);
  });
