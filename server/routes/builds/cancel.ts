import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { buildIdSchema, inProjectSchema } from '../../../contracts/api/build.ts';
import { buildSchema } from '../../../contracts/build.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { toBuild } from '../../rows/build.ts';
import { fetchRows } from '../../services/database.ts';
import { findBuild } from './find.ts';

const route = createRoute({
  method: 'post',
  path: '/builds/{id}/cancel',
  tags: ['Builds'],
  summary: 'Cancel a build; a running one stops within seconds',
  security: bearer,
  request: { params: z.object({ id: buildIdSchema }), query: inProjectSchema },
  responses: { 200: jsonAnswer(buildSchema, 'The build'), ...problems },
});

export const cancelBuild: Endpoint = (api, { wakeDispatcher }) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const build = await findBuild(db, c.req.valid('param').id, c.req.valid('query').project);
    // The task of one that a deployment made is the deployment's, which goes on.
    if (build.deployment_id !== null || build.status === 'expired') {
      throw new ApiProblem(409, {
        code: 'task_finished',
        message: `Build ${build.number} has already ${build.status}.`,
        suggestion: 'Nothing is left to cancel.',
      });
    }
    await fetchRows(db.rpc('cancel_task', { p_task_id: build.task_id }), z.unknown());
    wakeDispatcher();
    return c.json(toBuild(await findBuild(db, build.id, undefined)), 200);
  });
