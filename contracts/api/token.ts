import { z } from 'zod';
import { tokenScopeSchema } from '../application-token.ts';
import { timestampSchema, uuidSchema } from '../scalar.ts';

export const createTokenSchema = z.object({
  accountId: uuidSchema.optional(),
  name: z.string().min(1).max(120),
  expiresAt: timestampSchema.nullable().default(null),
  /** The most it may do: what a viewer (`read`), a member (`deploy`), an admin (`manage`) may, or all that its user may. */
  scope: tokenScopeSchema.default('full'),
});
