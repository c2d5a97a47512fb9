import { createRoute } from '@hono/zod-openapi';
import { releaseSchema } from '../../../contracts/release.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toRelease } from '../../rows/release.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

const route = createRoute({
  method: 'get',
  path: '/releases/{idOrName}',
  tags: ['Releases'],
  summary: 'One release with its builds',
  security: bearer,
  request: { params: releaseParams },
  responses: { 200: jsonAnswer(releaseSchema, 'The release; its ETag is its version'), ...problems },
});

export const getRelease: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const release = await findRelease(c.get('caller').db, c.req.valid('param').idOrName);
    c.header('etag', etagOf(release.version));
    return c.json(toRelease(release), 200);
  });
