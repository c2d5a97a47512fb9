import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { taskSchema } from '../../../contracts/task.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { taskRowSchema, toTask } from '../../rows/task.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'post',
  path: '/tasks/{id}/cancel',
  tags: ['Tasks'],
  summary: 'Cancel a task; a running one stops within seconds',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(taskSchema, 'The task'), ...problems },
});

export const cancelTask: Endpoint = (api, { wakeDispatcher }) =>
  api.openapi(route, async (c) => {
    const query = c.get('caller').db.rpc('cancel_task', { p_task_id: c.req.valid('param').id });
    const task = await fetchRows(query, taskRowSchema);
    wakeDispatcher();
    return c.json(toTask(task), 200);
  });
