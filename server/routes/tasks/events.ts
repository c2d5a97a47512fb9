import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { eventsQuerySchema } from '../../../contracts/api/task.ts';
import { pageSchema, uuidSchema } from '../../../contracts/scalar.ts';
import { taskEventFromRow, taskEventRowSchema, taskEventSchema } from '../../../contracts/task-event.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { fetchRows } from '../../services/database.ts';
import { findTask } from './find.ts';

const columns = Object.keys(taskEventRowSchema.shape).join(',');

const route = createRoute({
  method: 'get',
  path: '/tasks/{id}/events',
  tags: ['Tasks'],
  summary: 'The event log of a task after a sequence number, oldest first; nextCursor is the next afterSeq',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), query: eventsQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(taskEventSchema), 'A page'), ...problems },
});

export const listTaskEvents: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { id } = c.req.valid('param');
    const { afterSeq, limit } = c.req.valid('query');
    const query = db
      .from('task_events')
      .select(columns)
      .eq('task_id', id)
      .gt('seq', afterSeq)
      .order('seq')
      .limit(limit);
    const rows = await fetchRows(query, z.array(taskEventRowSchema));
    // Nothing to show may mean that the task is not the caller's to see.
    if (rows.length === 0) await findTask(db, id);
    const last = rows.at(-1);
    const nextCursor = rows.length === limit && last !== undefined ? String(last.seq) : null;
    return c.json({ items: rows.map(taskEventFromRow), nextCursor }, 200);
  });
