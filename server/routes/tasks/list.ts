import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { taskSchema, taskStatusSchema, taskTypeSchema } from '../../../contracts/task.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { taskColumns, taskRowSchema, toTask } from '../../rows/task.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

const querySchema = pageQuerySchema.extend({
  /** Id or slug. */
  project: z.string().optional(),
  status: taskStatusSchema.optional(),
  type: taskTypeSchema.optional(),
});

const route = createRoute({
  method: 'get',
  path: '/tasks',
  tags: ['Tasks'],
  summary: 'Tasks, newest first',
  security: bearer,
  request: { query: querySchema },
  responses: { 200: jsonAnswer(pageSchema(taskSchema), 'A page'), ...problems },
});

export const listTasks: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { project, status, type, ...page } = c.req.valid('query');
    let query = db.from('tasks').select(taskColumns);
    if (project !== undefined) query = query.eq('project_id', (await findProject(db, project)).id);
    if (status !== undefined) query = query.eq('status', status);
    if (type !== undefined) query = query.eq('type', type);
    const rows = await fetchRows(paginate(query, page), z.array(taskRowSchema));
    return c.json(toPage(rows, page.limit, toTask), 200);
  });
