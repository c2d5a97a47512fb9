import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { taskSchema } from '../../../contracts/task.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toTask } from '../../rows/task.ts';
import { findTask } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/tasks/{id}',
  tags: ['Tasks'],
  summary: 'One task',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(taskSchema, 'The task'), ...problems },
});

export const getTask: Endpoint = (api) =>
  api.openapi(route, async (c) => c.json(toTask(await findTask(c.get('caller').db, c.req.valid('param').id)), 200));
