import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { scheduleRunQuerySchema } from '../../../contracts/api/schedule.ts';
import { pageSchema, uuidSchema } from '../../../contracts/scalar.ts';
import { scheduleRunSchema } from '../../../contracts/schedule.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { scheduleRunColumns, scheduleRunRowSchema } from '../../rows/schedule-run.ts';
import { fetchRows } from '../../services/database.ts';
import { findSchedule } from './find.ts';
import { withTaskStatus } from './task-status.ts';

const route = createRoute({
  method: 'get',
  path: '/schedules/{id}/runs',
  tags: ['Schedules'],
  summary: 'What became of the moments of a schedule, newest first',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), query: scheduleRunQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(scheduleRunSchema), 'A page'), ...problems },
});

export const listScheduleRuns: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { outcome, ...page } = c.req.valid('query');
    const { id } = await findSchedule(db, c.req.valid('param').id);
    const all = db.from('schedule_runs').select(scheduleRunColumns).eq('schedule_id', id);
    const query = outcome === undefined ? all : all.eq('outcome', outcome);
    const rows = await fetchRows(paginate(query, page), z.array(scheduleRunRowSchema));
    const { items, nextCursor } = toPage(rows, page.limit, (row) => row);
    return c.json({ items: await withTaskStatus(db, items), nextCursor }, 200);
  });
