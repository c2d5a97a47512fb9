import { z } from 'zod';
import type { AuditEntry } from '../../contracts/audit-entry.ts';

export const auditRowSchema = z.object({
  id: z.number(),
  at: z.string(),
  account_id: z.string().nullable(),
  actor_user_id: z.string().nullable(),
  actor_email: z.string().nullable(),
  actor_role: z.string(),
  application_token_id: z.string().nullable(),
  action: z.string(),
  subject_type: z.string(),
  subject_id: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  source: z.object({
    address: z.string().optional(),
    userAgent: z.string().optional(),
    requestId: z.string().optional(),
  }),
});
export const auditColumns = Object.keys(auditRowSchema.shape).join(',');

export const toAuditEntry = (row: z.output<typeof auditRowSchema>): AuditEntry => ({
  id: row.id,
  at: row.at,
  accountId: row.account_id,
  actor: {
    userId: row.actor_user_id,
    email: row.actor_email,
    role: row.actor_role,
    applicationTokenId: row.application_token_id,
  },
  action: row.action,
  subject: { type: row.subject_type, id: row.subject_id },
  detail: row.detail,
  source: row.source,
});
