import { z } from 'zod';
import { slugSchema, timestampSchema, uuidSchema } from './scalar.ts';

/** Lowest first; each role may do what the roles before it may. The SQL enum `account_role` has the same order. */
export const accountRoles = ['viewer', 'member', 'admin', 'owner'] as const;
export const accountRoleSchema = z.enum(accountRoles);
export type AccountRole = z.infer<typeof accountRoleSchema>;

export const accountSchema = z.object({
  id: uuidSchema,
  slug: slugSchema,
  name: z.string(),
  createdAt: timestampSchema,
});
export type Account = z.infer<typeof accountSchema>;
