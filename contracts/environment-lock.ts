import { z } from 'zod';
import { timestampSchema, uuidSchema } from './scalar.ts';

/**
 * The life of a ticket in an environment's line. `held`: the environment is its holder's until the lease ends.
 * `cancelled`: given back while waiting; `expired`: the lease ended, or nobody asked after a waiting one in time.
 */
export const lockStatuses = ['waiting', 'held', 'released', 'cancelled', 'expired'] as const;
export const lockStatusSchema = z.enum(lockStatuses);
export type LockStatus = z.infer<typeof lockStatusSchema>;

/** Legal moves; SQL enforces the same table. */
export const lockTransitions: Record<LockStatus, readonly LockStatus[]> = {
  waiting: ['held', 'cancelled', 'expired'],
  held: ['released', 'expired'],
  released: [],
  cancelled: [],
  expired: [],
};

/** One minute to one day: of a lease, and of how long a place is kept while nobody asks after it. */
export const lockSecondsSchema = z.number().int().min(60).max(86_400);
export const defaultLeaseSeconds = 3_600;
/** Long enough for a CI job that takes a ticket, does something else, and comes back. */
export const defaultKeepSeconds = 1_800;
/** For a waiter that shows itself every quarter of it: a killed one is out of the line within this time. */
export const attendedKeepSeconds = 120;

/** A ticket of a person, an application token or a deployment. */
export const environmentLockSchema = z.object({
  ticketId: uuidSchema,
  environmentId: uuidSchema,
  accountId: uuidSchema,
  status: lockStatusSchema,
  /** 0: holds the environment; 1: is next. Null when it has ended. */
  position: z.number().int().nullable(),
  reason: z.string().nullable(),
  holder: z.object({
    userId: uuidSchema.nullable(),
    /** As it was when the ticket was taken. */
    email: z.string().nullable(),
    applicationTokenId: uuidSchema.nullable(),
    /** The task, when it is the ticket of a deployment. */
    taskId: uuidSchema.nullable(),
  }),
  /** The ticket inside whose lock this deployment runs or waits. */
  insideTicketId: uuidSchema.nullable(),
  leaseSeconds: z.number().int(),
  /** How long its place is kept while nobody asks after it. */
  keepSeconds: z.number().int(),
  /** Of a held one, the end of its lease; of a waiting one, until when its place is kept. Null when it has ended. */
  expiresAt: timestampSchema.nullable(),
  /** What those ahead usually take here; null when nothing is known of it. */
  estimatedWaitSeconds: z.number().int().nullable(),
  createdAt: timestampSchema,
  acquiredAt: timestampSchema.nullable(),
  endedAt: timestampSchema.nullable(),
});
export type EnvironmentLock = z.infer<typeof environmentLockSchema>;

/** Who has the environment and who waits for it. */
export const environmentLocksSchema = z.object({
  environmentId: uuidSchema,
  holder: environmentLockSchema.nullable(),
  /** Deployments inside a lock: the first may be running. Also one that outlives the lock it runs inside. */
  inside: z.array(environmentLockSchema),
  /** In the order of asking. */
  queue: z.array(environmentLockSchema),
});

/** What an environment says of its lock. */
export const heldLockSchema = z.object({
  ticketId: uuidSchema,
  email: z.string().nullable(),
  taskId: uuidSchema.nullable(),
  reason: z.string().nullable(),
  expiresAt: timestampSchema,
});
export type HeldLock = z.infer<typeof heldLockSchema>;
