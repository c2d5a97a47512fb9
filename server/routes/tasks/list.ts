import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { taskQuerySchema } from '../../../contracts/api/history.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { taskSchema } from '../../../contracts/task.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toPage } from '../../http/cursor.ts';
import { taskColumns, taskRowSchema, toTask } from '../../rows/task.ts';
import { fetchRows } from '../../services/database.ts';
import { searchArguments } from '../history/search-arguments.ts';

const route = createRoute({
  method: 'get',
  path: '/tasks',
  tags: ['Tasks'],
  summary: 'Tasks, newest first',
  security: bearer,
  request: { query: taskQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(taskSchema), 'A page'), ...problems },
});

export const listTasks: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const caller = c.get('caller');
    const { status, type, ...query } = c.req.valid('query');
    const wanted = { ...(await searchArguments(caller, query)), p_status: status, p_type: type };
    const found = caller.db.rpc('search_tasks', wanted).select(taskColumns);
    return c.json(toPage(await fetchRows(found, z.array(taskRowSchema)), query.limit, toTask), 200);
  });
