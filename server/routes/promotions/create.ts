import { createRoute } from '@hono/zod-openapi';
import { createPromotionSchema, repeatedDeploymentSchema } from '../../../contracts/api/promotion.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { repeatDeployment } from '../deployments/repeated.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';

export const createPromotion: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/promotions',
      tags: ['Deployments'],
      summary: 'Take what one environment has to another: the same build, nothing is built again',
      description:
        'What it has is its newest successful deployment at this moment; `source` of the answer says which. The rules of the target hold: who deploys, branches, approvals, its lock. When the target has that build already, or it is on its way there, nothing is made unless `again` says so: `made` is false and `deployment` the one that there is.',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createPromotionSchema) },
      responses: {
        200: jsonAnswer(repeatedDeploymentSchema, 'Nothing to do'),
        201: jsonAnswer(repeatedDeploymentSchema, 'The deployment, queued, and what it takes'),
        ...problems,
      },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const wanted = c.req.valid('json');
      const project = await findProject(db, wanted.project);
      const from = await findEnvironment(db, wanted.from, project.id);
      const to = await findEnvironment(db, wanted.to, project.id);
      const answer = await repeatDeployment(db, 'promote_deployment', {
        p_from: from.id,
        p_to: to.id,
        p_again: wanted.again,
        p_pool: wanted.pool,
      });
      if (!answer.made) return c.json(answer, 200);
      services.wakeDispatcher();
      return c.json(answer, 201);
    },
  );
