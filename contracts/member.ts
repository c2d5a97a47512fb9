import { z } from 'zod';
import { accountRoleSchema } from './account.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';

/** A user in an account. */
export const memberSchema = z.object({
  accountId: uuidSchema,
  userId: uuidSchema,
  email: z.string(),
  role: accountRoleSchema,
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Member = z.infer<typeof memberSchema>;
