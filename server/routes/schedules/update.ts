import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateScheduleSchema } from '../../../contracts/api/schedule.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { scheduleDetailSchema } from '../../../contracts/schedule.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { scheduleColumns, scheduleRowSchema, toSchedule } from '../../rows/schedule.ts';
import { findEnvironment } from '../environments/find.ts';
import { findSchedule } from './find.ts';
import { requireTime, toScheduleDetail } from './time.ts';

const route = createRoute({
  method: 'patch',
  path: '/schedules/{id}',
  tags: ['Schedules'],
  summary: 'Change, disable or enable a schedule; what is left out stays',
  description:
    'Whoever changes it owns it from then on. A change of the time, and enabling one that was disabled or has stopped, makes it count from now. `If-Match` carries the ETag of the version that was read (428 without it, 409 `version_conflict` when it was changed since).',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), headers: ifMatchHeaders, body: jsonBody(updateScheduleSchema) },
  responses: { 200: jsonAnswer(scheduleDetailSchema, 'The schedule; its ETag is its new version'), ...problems },
});

export const updateSchedule: Endpoint = (api, { wakeScheduler }) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { environment, cron, at, ...rest } = c.req.valid('json');
    const current = await findSchedule(db, c.req.valid('param').id);
    const one = cron !== undefined ? { cron, at: null } : at !== undefined ? { cron: null, at } : {};
    const timed = cron !== undefined || at !== undefined || rest.timezone !== undefined;
    if (timed) {
      const { timezone = current.timezone } = rest;
      requireTime({ cron: current.cron, at: current.at, ...one, timezone });
    }
    const place =
      environment === undefined
        ? {}
        : { environment_id: (await findEnvironment(db, environment, current.project_id)).id };
    const schedule = await updateVersioned({
      db,
      table: 'schedules',
      key: { id: current.id },
      what: 'schedule',
      columns: scheduleColumns,
      schema: scheduleRowSchema,
      represent: toSchedule,
      current,
      expected,
      changes: { ...rest, ...one, ...place },
    });
    wakeScheduler();
    c.header('etag', etagOf(schedule.version));
    return c.json(toScheduleDetail(schedule), 200);
  });
