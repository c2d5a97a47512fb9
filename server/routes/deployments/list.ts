import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deploymentQuerySchema } from '../../../contracts/api/history.ts';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toPage } from '../../http/cursor.ts';
import { deploymentColumns, deploymentRowSchema, toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { searchArguments } from '../history/search-arguments.ts';

const route = createRoute({
  method: 'get',
  path: '/deployments',
  tags: ['Deployments'],
  summary: 'Deployments, newest first',
  security: bearer,
  request: { query: deploymentQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(deploymentSchema), 'A page'), ...problems },
});

export const listDeployments: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const caller = c.get('caller');
    const { status, ...query } = c.req.valid('query');
    const wanted = { ...(await searchArguments(caller, query)), p_status: status };
    const found = caller.db.rpc('search_deployments', wanted).select(deploymentColumns);
    return c.json(toPage(await fetchRows(found, z.array(deploymentRowSchema)), query.limit, toDeployment), 200);
  });
