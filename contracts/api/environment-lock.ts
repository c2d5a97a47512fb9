import { z } from 'zod';
import { defaultKeepSeconds, defaultLeaseSeconds, lockSecondsSchema } from '../environment-lock.ts';

/** POST /api/v1/environments/{id}/locks */
export const takeLockSchema = z.strictObject({
  reason: z.string().min(1).max(500).optional(),
  /** How long the environment is held, from when its turn is known to who asked. */
  leaseSeconds: lockSecondsSchema.default(defaultLeaseSeconds),
  /** How long the place in the queue is kept while nobody asks after it. */
  keepSeconds: lockSecondsSchema.default(defaultKeepSeconds),
});

/**
 * PATCH /api/v1/environments/{id}/locks/{ticket}. Any is a sign of life, `{}` too: it keeps the place of a waiting ticket
 * and begins the lease of one whose turn has come.
 */
export const renewLockSchema = z.strictObject({
  /** A held lease then ends this long from now; of a waiting ticket, how long it will be. */
  leaseSeconds: lockSecondsSchema.optional(),
});
