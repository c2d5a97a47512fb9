import type { z } from 'zod';
import type { taskQuerySchema } from '../../../contracts/api/history.ts';
import { taskEventsPageSchema } from '../../../contracts/api/task.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { taskSchema } from '../../../contracts/task.ts';
import { at, type Http, type Page, page } from '../request.ts';

export type TaskFilter = Omit<z.input<typeof taskQuerySchema>, 'cursor' | 'limit'>;

export interface EventsQuery {
  afterSeq?: number | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}

export const tasks = (http: Http) => ({
  list: ({ cursor, limit, signal, ...filter }: TaskFilter & Page = {}) =>
    http({
      method: 'GET',
      path: '/tasks',
      query: { ...filter, ...page({ cursor, limit }) },
      answer: pageSchema(taskSchema),
      signal,
    }),
  get: (id: string, signal?: AbortSignal) => http({ method: 'GET', path: at('tasks', id), answer: taskSchema, signal }),
  /** Events after `afterSeq`, oldest first, at most `limit` (500, up to 1,000). */
  events: (id: string, { afterSeq = 0, limit, signal }: EventsQuery = {}) =>
    http({
      method: 'GET',
      path: at('tasks', id, 'events'),
      query: { afterSeq, limit },
      answer: taskEventsPageSchema,
      signal,
    }),
  cancel: (id: string) => http({ method: 'POST', path: at('tasks', id, 'cancel'), answer: taskSchema }),
});
