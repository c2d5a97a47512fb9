import { z } from 'zod';
import { type EnvironmentLock, lockStatusSchema } from '../../contracts/environment-lock.ts';

/** What the database's functions say of a ticket. */
export const environmentLockRowSchema = z.object({
  id: z.string(),
  environment_id: z.string(),
  account_id: z.string(),
  status: lockStatusSchema,
  ahead: z.number().nullable(),
  reason: z.string().nullable(),
  user_id: z.string().nullable(),
  user_email: z.string().nullable(),
  application_token_id: z.string().nullable(),
  task_id: z.string().nullable(),
  inside: z.string().nullable(),
  lease_seconds: z.number(),
  wait_seconds: z.number(),
  lease_expires_at: z.string(),
  estimated_wait_seconds: z.number().nullable(),
  created_at: z.string(),
  acquired_at: z.string().nullable(),
  released_at: z.string().nullable(),
});

export const toEnvironmentLock = (row: z.output<typeof environmentLockRowSchema>): EnvironmentLock => ({
  ticketId: row.id,
  environmentId: row.environment_id,
  accountId: row.account_id,
  status: row.status,
  position: row.ahead,
  reason: row.reason,
  holder: {
    userId: row.user_id,
    email: row.user_email || null,
    applicationTokenId: row.application_token_id,
    taskId: row.task_id,
  },
  insideTicketId: row.inside,
  leaseSeconds: row.lease_seconds,
  keepSeconds: row.wait_seconds,
  expiresAt: row.released_at === null ? row.lease_expires_at : null,
  estimatedWaitSeconds: row.estimated_wait_seconds,
  createdAt: row.created_at,
  acquiredAt: row.acquired_at,
  endedAt: row.released_at,
});
