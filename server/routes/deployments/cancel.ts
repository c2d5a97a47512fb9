import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findDeployment } from './find.ts';

const route = createRoute({
  method: 'post',
  path: '/deployments/{id}/cancel',
  tags: ['Deployments'],
  summary: 'Cancel a deployment; a running one stops within seconds',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(deploymentSchema, 'The deployment'), ...problems },
});

export const cancelDeployment: Endpoint = (api, { wakeDispatcher }) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = c.req.valid('param');
    const { task_id } = await findDeployment(db, id);
    await fetchRows(db.rpc('cancel_task', { p_task_id: task_id }), z.unknown());
    wakeDispatcher();
    return c.json(toDeployment(await findDeployment(db, id)), 200);
  });
