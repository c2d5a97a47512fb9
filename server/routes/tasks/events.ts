import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { eventsQuerySchema, taskEventsPageSchema } from '../../../contracts/api/task.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { taskEventFromRow, taskEventRowSchema } from '../../../contracts/task-event.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import { findTask } from './find.ts';
import { taskTime } from './task-time.ts';

const columns = Object.keys(taskEventRowSchema.shape).join(',');

const route = createRoute({
  method: 'get',
  path: '/tasks/{id}/events',
  tags: ['Tasks'],
  summary: 'The event log of a task after a sequence number, oldest first; nextCursor is the next afterSeq',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), query: eventsQuerySchema },
  responses: { 200: jsonAnswer(taskEventsPageSchema, 'A page'), ...problems },
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
      .eq('task_created_at', await taskTime(db, id))
      .gt('seq', afterSeq)
      .order('seq')
      .limit(limit);
    const rows = await fetchRows(query, z.array(taskEventRowSchema));
    // Nothing to show may mean that the task is not the caller's to see.
    const logRemoved = rows.length === 0 && (await isLogRemoved(db, id));
    const last = rows.at(-1);
    const nextCursor = rows.length === limit && last !== undefined ? String(last.seq) : null;
    return c.json({ items: rows.map(taskEventFromRow), nextCursor, logRemoved }, 200);
  });

/** A task is made together with its first event, so one without any has lost its log to retention. */
async function isLogRemoved(db: Database, id: string): Promise<boolean> {
  const { created_at } = await findTask(db, id);
  // The time of the task names the one partition to look into.
  const query = db.from('task_events').select('seq').eq('task_id', id).eq('task_created_at', created_at).limit(1);
  return (await fetchRows(query, z.array(z.object({ seq: z.number() })))).length === 0;
}
