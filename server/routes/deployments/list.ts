import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deploymentSchema, deploymentStatusSchema } from '../../../contracts/deployment.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { deploymentColumns, deploymentRowSchema, toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';

const querySchema = pageQuerySchema.extend({
  /** Id or slug. */
  project: z.string().optional(),
  /** Id, or a slug together with a project. */
  environment: z.string().optional(),
  status: deploymentStatusSchema.optional(),
});

const route = createRoute({
  method: 'get',
  path: '/deployments',
  tags: ['Deployments'],
  summary: 'Deployments, newest first',
  security: bearer,
  request: { query: querySchema },
  responses: { 200: jsonAnswer(pageSchema(deploymentSchema), 'A page'), ...problems },
});

export const listDeployments: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { project, environment, status, ...page } = c.req.valid('query');
    let query = db.from('deployments').select(deploymentColumns);
    const projectId = project === undefined ? undefined : (await findProject(db, project)).id;
    if (projectId !== undefined) query = query.eq('project_id', projectId);
    if (environment !== undefined) {
      query = query.eq('environment_id', (await findEnvironment(db, environment, projectId)).id);
    }
    if (status !== undefined) query = query.eq('status', status);
    const rows = await fetchRows(paginate(query, page), z.array(deploymentRowSchema));
    return c.json(toPage(rows, page.limit, toDeployment), 200);
  });
