import { z } from 'zod';
import { type ApplicationToken, tokenScopeSchema } from '../../contracts/application-token.ts';

export const applicationTokenRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  hint: z.string(),
  scope: tokenScopeSchema,
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  created_at: z.string(),
});
export const applicationTokenColumns = Object.keys(applicationTokenRowSchema.shape).join(',');

export const toApplicationToken = (row: z.output<typeof applicationTokenRowSchema>): ApplicationToken => ({
  id: row.id,
  accountId: row.account_id,
  name: row.name,
  hint: row.hint,
  scope: row.scope,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
});
