import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { scheduleRunSchema } from '../../../contracts/schedule.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { scheduleRunRowSchema } from '../../rows/schedule-run.ts';
import { fetchRows } from '../../services/database.ts';
import { withTaskStatus } from './task-status.ts';

export const runSchedule: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/schedules/{id}/run',
      tags: ['Schedules'],
      summary: 'Make now what a schedule makes, in the name of the caller',
      description: 'Also of one that is disabled or has ended. Its own moments stay as they are.',
      security: bearer,
      middleware: idempotent(services),
      request: { params: z.object({ id: uuidSchema }) },
      responses: { 201: jsonAnswer(scheduleRunSchema, 'The run, with what it made'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const made = db.rpc('run_schedule', { p_id: c.req.valid('param').id });
      const [run] = await withTaskStatus(db, [await fetchRows(made, scheduleRunRowSchema)]);
      if (run === undefined) throw new Error('a run without itself');
      services.wakeDispatcher();
      return c.json(run, 201);
    },
  );
