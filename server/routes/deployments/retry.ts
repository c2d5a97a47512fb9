import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findDeployment } from './find.ts';

export const retryDeployment: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/deployments/{id}/retry',
      tags: ['Deployments'],
      summary: 'Run the stages that did not succeed again, as a new task',
      security: bearer,
      middleware: idempotent(services),
      request: { params: z.object({ id: uuidSchema }) },
      responses: { 201: jsonAnswer(deploymentSchema, 'The deployment, with its new task'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { id } = c.req.valid('param');
      await fetchRows(db.rpc('retry_deployment', { p_deployment_id: id }), z.unknown());
      services.wakeDispatcher();
      return c.json(toDeployment(await findDeployment(db, id)), 201);
    },
  );
