import { z } from 'zod';
import { applicationTokenHash, applicationTokenPrefix, isApplicationToken } from '../../contracts/application-token.ts';
import { timestampSchema, uuidSchema } from '../../contracts/scalar.ts';
import { notSignedIn } from '../http/problem.ts';
import { type Databases, fetchRows } from './database.ts';
import type { TokenMint } from './token-mint.ts';

const resolvedSchema = z
  .object({
    tokenId: uuidSchema,
    userId: uuidSchema,
    email: z.string(),
    accountId: uuidSchema,
    expiresAt: timestampSchema.nullable(),
  })
  .nullable();

export interface ExchangedToken {
  accessToken: string;
  /** Seconds since the epoch. */
  expiresAt: number;
  userId: string;
  email: string;
  tokenId: string;
}

const lifetimeSeconds = 600;
// How long a resolved token is not looked up again. A revoked one loses its rights at once by RLS; within this time it
// is answered as one without rights instead of as unknown.
const rememberMs = 30_000;
const rememberAtMost = 1_000;

/** Exchanges application tokens for short-lived user tokens. */
export function createApplicationTokens(databases: Databases, mint: TokenMint) {
  const remembered = new Map<string, { until: number; exchanged: ExchangedToken }>();

  return async function exchange(token: string): Promise<ExchangedToken> {
    if (!isApplicationToken(token)) throw notSignedIn('The application token is mistyped: its checksum does not fit.');
    const hash = applicationTokenHash(token);
    const known = remembered.get(hash);
    if (known !== undefined && known.until > Date.now()) return known.exchanged;
    remembered.delete(hash);

    const found = await fetchRows(databases.service.rpc('resolve_application_token', { p_hash: hash }), resolvedSchema);
    if (found === null) throw notSignedIn('The application token is unknown, revoked or expired.');
    const endsIn = found.expiresAt === null ? lifetimeSeconds : (Date.parse(found.expiresAt) - Date.now()) / 1_000;
    const { token: accessToken, expiresAt } = await mint.mint(
      {
        sub: found.userId,
        role: 'authenticated',
        aud: 'authenticated',
        email: found.email,
        app_token_id: found.tokenId,
        app_account_id: found.accountId,
      },
      Math.max(1, Math.min(lifetimeSeconds, Math.floor(endsIn))),
    );
    const exchanged = { accessToken, expiresAt, userId: found.userId, email: found.email, tokenId: found.tokenId };
    if (remembered.size >= rememberAtMost) remembered.clear();
    remembered.set(hash, { until: Math.min(Date.now() + rememberMs, expiresAt * 1_000), exchanged });
    return exchanged;
  };
}
export type ExchangeApplicationToken = ReturnType<typeof createApplicationTokens>;

export const looksLikeApplicationToken = (token: string): boolean => token.startsWith(applicationTokenPrefix);
