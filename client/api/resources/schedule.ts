import type { z } from 'zod';
import type {
  createScheduleSchema,
  scheduleQuerySchema,
  scheduleRunQuerySchema,
  updateScheduleSchema,
} from '../../../contracts/api/schedule.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { scheduleDetailSchema, scheduleRunSchema, scheduleSchema } from '../../../contracts/schedule.ts';
import { anything, at, type Body, type Changing, type Creating, type Http, type Page, page } from '../request.ts';

export type ScheduleFilter = Omit<z.input<typeof scheduleQuerySchema>, 'cursor' | 'limit'>;
export type ScheduleRunFilter = Omit<z.input<typeof scheduleRunQuerySchema>, 'cursor' | 'limit'>;

export const schedules = (http: Http) => ({
  list: (project: string, { cursor, limit, signal, ...filter }: ScheduleFilter & Page = {}) =>
    http({
      method: 'GET',
      path: at('projects', project, 'schedules'),
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(scheduleSchema),
      signal,
    }),
  /** With its next `upcoming` moments, 5 unless told. */
  get: (id: string, { upcoming }: { upcoming?: number | undefined } = {}) =>
    http({ method: 'GET', path: at('schedules', id), query: { upcoming }, answer: scheduleDetailSchema }),
  create: (project: string, body: Body<typeof createScheduleSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: at('projects', project, 'schedules'), body, creates, answer: scheduleDetailSchema }),
  update: (id: string, body: Body<typeof updateScheduleSchema>, { version }: Changing) =>
    http({ method: 'PATCH', path: at('schedules', id), body, version, answer: scheduleDetailSchema }),
  remove: (id: string) => http({ method: 'DELETE', path: at('schedules', id), answer: anything }),
  /** Now, in the name of the caller. */
  run: (id: string, creates: Creating = {}) =>
    http({ method: 'POST', path: at('schedules', id, 'run'), creates, answer: scheduleRunSchema }),
  runs: (id: string, { cursor, limit, signal, ...filter }: ScheduleRunFilter & Page = {}) =>
    http({
      method: 'GET',
      path: at('schedules', id, 'runs'),
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(scheduleRunSchema),
      signal,
    }),
});
