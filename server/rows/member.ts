import { z } from 'zod';
import { accountRoleSchema } from '../../contracts/account.ts';
import type { Member } from '../../contracts/member.ts';

export const memberRowSchema = z.object({
  account_id: z.string(),
  user_id: z.string(),
  email: z.string(),
  role: accountRoleSchema,
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const toMember = (row: z.output<typeof memberRowSchema>): Member => ({
  accountId: row.account_id,
  userId: row.user_id,
  email: row.email,
  role: row.role,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
