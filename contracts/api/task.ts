import { z } from 'zod';

/** GET /api/v1/tasks/{id}/events */
export const eventsQuerySchema = z.object({
  afterSeq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});
