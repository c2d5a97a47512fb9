import { z } from 'zod';
import type { AccountRole } from './account.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';
import { secretHash, typedSecret } from './typed-secret.ts';

/** `sfp_at_…`. Only its SHA-256 is stored. */
const kind = typedSecret('sfp_at_');
export const applicationTokenPrefix = kind.prefix;
export const newApplicationToken = kind.make;
export const isApplicationToken = kind.is;
export const applicationTokenHint = kind.hint;
/** What `private.application_token_hashes` stores and looks up. */
export const applicationTokenHash = secretHash;

export const tokenScopes = ['read', 'deploy', 'manage', 'full'] as const;
export const tokenScopeSchema = z.enum(tokenScopes);
export type TokenScope = z.infer<typeof tokenScopeSchema>;

/** A token does what its user may do, up to this role; what only people do (contracts/permissions/) no token does. */
export const scopeCeiling: Readonly<Record<TokenScope, AccountRole>> = {
  read: 'viewer',
  deploy: 'member',
  manage: 'admin',
  full: 'owner',
};

export const applicationTokenSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  name: z.string(),
  /** The first characters, enough to tell tokens apart in a list. */
  hint: z.string(),
  scope: tokenScopeSchema,
  expiresAt: timestampSchema.nullable(),
  lastUsedAt: timestampSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
});
export type ApplicationToken = z.infer<typeof applicationTokenSchema>;
