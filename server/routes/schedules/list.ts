import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { scheduleQuerySchema } from '../../../contracts/api/schedule.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { scheduleSchema } from '../../../contracts/schedule.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { scheduleColumns, scheduleRowSchema, toSchedule } from '../../rows/schedule.ts';
import { fetchRows } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';

const route = createRoute({
  method: 'get',
  path: '/projects/{idOrSlug}/schedules',
  tags: ['Schedules'],
  summary: 'Schedules of a project, newest first',
  security: bearer,
  request: { params: z.object({ idOrSlug: z.string().min(1) }), query: scheduleQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(scheduleSchema), 'A page'), ...problems },
});

export const listSchedules: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { name, status, ...page } = c.req.valid('query');
    const { id } = await findProject(db, c.req.valid('param').idOrSlug);
    let query = db.from('schedules').select(scheduleColumns).eq('project_id', id);
    if (name !== undefined) query = query.eq('name', name);
    if (status !== undefined) query = query.eq('status', status);
    const rows = await fetchRows(paginate(query, page), z.array(scheduleRowSchema));
    return c.json(toPage(rows, page.limit, toSchedule), 200);
  });
