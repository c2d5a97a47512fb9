import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { environmentSchema } from '../../../contracts/project.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { environmentColumns, environmentRowSchema, toEnvironment } from '../../rows/environment.ts';
import { fetchRows } from '../../services/database.ts';
import { heldLocks } from '../environment-locks/held-locks.ts';
import { findProject } from '../projects/find.ts';
import { deployedNow } from './deployed-now.ts';

const route = createRoute({
  method: 'get',
  path: '/projects/{idOrSlug}/environments',
  tags: ['Environments'],
  summary: 'Environments of a project, newest first',
  security: bearer,
  request: { params: z.object({ idOrSlug: z.string().min(1) }), query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(environmentSchema), 'A page'), ...problems },
});

export const listEnvironments: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const page = c.req.valid('query');
    const { id } = await findProject(db, c.req.valid('param').idOrSlug);
    const query = paginate(db.from('environments').select(environmentColumns).eq('project_id', id), page);
    const rows = await fetchRows(query, z.array(environmentRowSchema));
    const ids = rows.map((row) => row.id);
    const [locks, deployed] = await Promise.all([heldLocks(db, ids), deployedNow(db, ids)]);
    const shown = (row: (typeof rows)[number]) => ({
      ...toEnvironment(row),
      lock: locks.get(row.id) ?? null,
      deployed: deployed.get(row.id) ?? null,
    });
    return c.json(toPage(rows, page.limit, shown), 200);
  });
