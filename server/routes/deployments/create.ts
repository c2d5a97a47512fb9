import { createRoute } from '@hono/zod-openapi';
import { createDeploymentSchema } from '../../../contracts/api/deployment.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { deploymentColumns, deploymentRowSchema, toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';
import { contentOf } from './content.ts';

export const createDeployment: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/deployments',
      tags: ['Deployments'],
      summary: 'Deploy a ref of a project to an environment, or unchanged a build that there is',
      description:
        'At most one of `ref`, `build`, `release` and `source`; without any the project’s default ref. All but a ref take one build as it is.',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createDeploymentSchema) },
      responses: {
        201: jsonAnswer(
          deploymentSchema,
          'The deployment with its task: queued, or `awaiting_approval` where its environment asks for approvals',
        ),
        ...problems,
      },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const wanted = c.req.valid('json');
      const project = await findProject(db, wanted.project);
      const environment = await findEnvironment(db, wanted.environment, project.id);
      const row = {
        account_id: project.account_id,
        project_id: project.id,
        environment_id: environment.id,
        ...(await contentOf(db, project, wanted)),
        pool: wanted.pool,
        ...(wanted.lockTicket === undefined ? {} : { lock_ticket: wanted.lockTicket }),
      };
      // Triggers make the task and its outbox row in the same transaction, as for a row that comes through REST.
      const query = db.from('deployments').insert(row).select(deploymentColumns).single();
      const deployment = await fetchRows(query, deploymentRowSchema);
      services.wakeDispatcher();
      return c.json(toDeployment(deployment), 201);
    },
  );
