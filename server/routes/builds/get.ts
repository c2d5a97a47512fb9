import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { buildIdSchema, inProjectSchema } from '../../../contracts/api/build.ts';
import { buildSchema } from '../../../contracts/build.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toBuild } from '../../rows/build.ts';
import { findBuild } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/builds/{id}',
  tags: ['Builds'],
  summary: 'One build, by its id, or by its number in a project',
  security: bearer,
  request: { params: z.object({ id: buildIdSchema }), query: inProjectSchema },
  responses: { 200: jsonAnswer(buildSchema, 'The build'), ...problems },
});

export const getBuild: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const build = await findBuild(c.get('caller').db, c.req.valid('param').id, c.req.valid('query').project);
    return c.json(toBuild(build), 200);
  });
