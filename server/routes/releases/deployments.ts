import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deploymentSchema } from '../../../contracts/deployment.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { deploymentColumns, deploymentRowSchema, toDeployment } from '../../rows/deployment.ts';
import { fetchRows } from '../../services/database.ts';
import { findRelease } from './find.ts';
import { releaseParams } from './params.ts';

const route = createRoute({
  method: 'get',
  path: '/releases/{idOrName}/deployments',
  tags: ['Releases'],
  summary: 'Deployments of a release, newest first; promotions and rollbacks of it too',
  security: bearer,
  request: { params: releaseParams, query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(deploymentSchema), 'A page'), ...problems },
});

export const listReleaseDeployments: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const page = c.req.valid('query');
    const { id } = await findRelease(db, c.req.valid('param').idOrName);
    const query = db.from('deployments').select(deploymentColumns).eq('release_id', id);
    const rows = await fetchRows(paginate(query, page), z.array(deploymentRowSchema));
    return c.json(toPage(rows, page.limit, toDeployment), 200);
  });
