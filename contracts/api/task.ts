import { z } from 'zod';
import { pageSchema } from '../scalar.ts';
import { taskEventSchema } from '../task-event.ts';

/** GET /api/v1/tasks/{id}/events */
export const eventsQuerySchema = z.object({
  afterSeq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});

export const taskEventsPageSchema = pageSchema(taskEventSchema).extend({
  /** True when there is nothing to give because the log was older than what is kept. Left out by servers of before. */
  logRemoved: z.boolean().default(false),
});
