import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toDeployment } from '../../rows/deployment.ts';
import { findDeployment } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/deployments/{id}',
  tags: ['Deployments'],
  summary: 'One deployment',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(deploymentSchema, 'The deployment'), ...problems },
});

export const getDeployment: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const deployment = await findDeployment(c.get('caller').db, c.req.valid('param').id);
    return c.json(toDeployment(deployment), 200);
  });
