import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { createScheduleSchema } from '../../../contracts/api/schedule.ts';
import { scheduleDetailSchema } from '../../../contracts/schedule.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { scheduleColumns, scheduleRowSchema } from '../../rows/schedule.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';
import { fieldProblem, requireTime, toScheduleDetail } from './time.ts';

type Wanted = z.output<typeof createScheduleSchema>;

export const createSchedule: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/projects/{idOrSlug}/schedules',
      tags: ['Schedules'],
      summary: 'Make a deployment or a task at the moments of a cron line, or at one moment',
      description:
        'Give `cron` (five fields, in `timezone`) or `at`. It acts for whoever made or changed it last, with the rights that they have when the moment comes.',
      security: bearer,
      middleware: idempotent(services),
      request: { params: z.object({ idOrSlug: z.string().min(1) }), body: jsonBody(createScheduleSchema) },
      responses: { 201: jsonAnswer(scheduleDetailSchema, 'The schedule, with its next moments'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const wanted = c.req.valid('json');
      const project = await findProject(db, c.req.valid('param').idOrSlug);
      const time = { cron: wanted.cron ?? null, at: wanted.at ?? null, timezone: wanted.timezone };
      requireTime(time);
      const { name, kind, pool, missed, enabled, ref = null } = wanted;
      const environment_id = await environmentOf(db, wanted, project.id);
      const of = { account_id: project.account_id, project_id: project.id, environment_id };
      const row = { ...of, ...time, name, kind, ref, pool, missed, enabled };
      const query = db.from('schedules').insert(row).select(scheduleColumns).single();
      const schedule = await fetchRows(query, scheduleRowSchema);
      services.wakeScheduler();
      return c.json(toScheduleDetail(schedule), 201);
    },
  );

async function environmentOf(db: Database, wanted: Wanted, projectId: string): Promise<string | null> {
  const { kind, environment, ref } = wanted;
  if (kind === 'deployment' && environment !== undefined) return (await findEnvironment(db, environment, projectId)).id;
  if (kind === 'deployment') {
    throw fieldProblem('environment', {
      code: 'schedule_environment',
      message: 'A deployment needs an environment.',
      suggestion: 'Name the environment that is deployed to.',
    });
  }
  if (environment === undefined && ref === undefined) return null;
  throw fieldProblem(environment === undefined ? 'ref' : 'environment', {
    code: 'schedule_noop',
    message: 'A noop has neither an environment nor a ref.',
    suggestion: 'Leave them out.',
  });
}
