import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { projectSchema } from '../../../contracts/project.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { projectColumns, projectRowSchema, toProject } from '../../rows/project.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/projects',
  tags: ['Projects'],
  summary: 'Projects of the caller’s accounts, newest first',
  security: bearer,
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(projectSchema), 'A page'), ...problems },
});

export const listProjects: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const page = c.req.valid('query');
    const query = paginate(c.get('caller').db.from('projects').select(projectColumns), page);
    return c.json(toPage(await fetchRows(query, z.array(projectRowSchema)), page.limit, toProject), 200);
  });
