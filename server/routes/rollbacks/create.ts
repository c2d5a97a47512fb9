import { createRoute } from '@hono/zod-openapi';
import { createRollbackSchema, repeatedDeploymentSchema } from '../../../contracts/api/promotion.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { repeatDeployment } from '../deployments/repeated.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';

export const createRollback: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/rollbacks',
      tags: ['Deployments'],
      summary: 'Take an environment back to what it had: the same build, nothing is built again',
      description:
        'To the deployment `to`, any successful one of the environment, else to what it had before what it has now. Going back twice goes back twice. When that is on its way already, `made` is false and `deployment` the one that there is. The rules of the environment hold; an aborted release can be gone back to.',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createRollbackSchema) },
      responses: {
        200: jsonAnswer(repeatedDeploymentSchema, 'It is on its way already'),
        201: jsonAnswer(repeatedDeploymentSchema, 'The deployment, queued, and what it takes'),
        ...problems,
      },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const wanted = c.req.valid('json');
      const project = await findProject(db, wanted.project);
      const { id } = await findEnvironment(db, wanted.environment, project.id);
      const answer = await repeatDeployment(db, 'rollback_deployment', {
        p_environment_id: id,
        p_to: wanted.to ?? null,
        p_pool: wanted.pool,
      });
      if (!answer.made) return c.json(answer, 200);
      services.wakeDispatcher();
      return c.json(answer, 201);
    },
  );
