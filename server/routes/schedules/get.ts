import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { upcomingQuerySchema } from '../../../contracts/api/schedule.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { scheduleDetailSchema } from '../../../contracts/schedule.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { findSchedule } from './find.ts';
import { toScheduleDetail } from './time.ts';

const route = createRoute({
  method: 'get',
  path: '/schedules/{id}',
  tags: ['Schedules'],
  summary: 'One schedule, with the moments it comes to next',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), query: upcomingQuerySchema },
  responses: { 200: jsonAnswer(scheduleDetailSchema, 'The schedule; its ETag is its version'), ...problems },
});

export const getSchedule: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const schedule = await findSchedule(c.get('caller').db, c.req.valid('param').id);
    c.header('etag', etagOf(schedule.version));
    return c.json(toScheduleDetail(schedule, c.req.valid('query').upcoming), 200);
  });
