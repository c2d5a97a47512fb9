import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { deployedSchema } from '../../../contracts/deployed.ts';
import { pageQuerySchema, pageSchema, uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPageBy } from '../../http/cursor.ts';
import { deployedColumns, deployedRowSchema, toDeployed } from '../../rows/deployed.ts';
import { fetchRows } from '../../services/database.ts';
import { findEnvironment } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/environments/{id}/deployed',
  tags: ['Environments'],
  summary: 'What the environment has and had: its successful deployments, the newest first',
  description: 'The first is what it has now. To any that kept a build one can go back: `POST /api/v1/rollbacks`.',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(deployedSchema), 'A page'), ...problems },
});

export const listDeployed: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const page = c.req.valid('query');
    const { id } = await findEnvironment(db, c.req.valid('param').id);
    let query = db.from('deployments').select(deployedColumns).eq('environment_id', id);
    query = query.eq('status', 'succeeded');
    // With its last stage it is a success, and only with its task it has ended.
    query = query.not('finished_at', 'is', null);
    const rows = await fetchRows(paginate(query, page, { at: 'finished_at', id: 'id' }), z.array(deployedRowSchema));
    return c.json(
      toPageBy(rows, page.limit, toDeployed, (row) => [row.finished_at, row.id]),
      200,
    );
  });
