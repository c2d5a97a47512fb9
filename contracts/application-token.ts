import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { timestampSchema, uuidSchema } from './scalar.ts';

/**
 * `sfp_at_` + 32 base64url characters (192 random bits) + 6 hexadecimal digits of a checksum, so that a scanner and the
 * CLI recognise one, also a mistyped one, without asking the server. Only its SHA-256 is stored.
 */
export const applicationTokenPrefix = 'sfp_at_';
const pattern = /^sfp_at_([A-Za-z0-9_-]{32})([0-9a-f]{6})$/;

const checksum = (random: string): string =>
  createHash('sha256').update(`${applicationTokenPrefix}${random}`).digest('hex').slice(0, 6);

export function newApplicationToken(): string {
  const random = randomBytes(24).toString('base64url');
  return `${applicationTokenPrefix}${random}${checksum(random)}`;
}

/** True for a well-formed token with a right checksum; says nothing about whether the server knows it. */
export function isApplicationToken(token: string): boolean {
  const match = pattern.exec(token);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

/** Hex SHA-256: what `private.application_token_hashes` stores and looks up. */
export const applicationTokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

export const applicationTokenSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  name: z.string(),
  /** The first characters, enough to tell tokens apart in a list. */
  hint: z.string(),
  expiresAt: timestampSchema.nullable(),
  lastUsedAt: timestampSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
});
export type ApplicationToken = z.infer<typeof applicationTokenSchema>;
