import { z } from 'zod';
import {
  applicationTokenHash,
  applicationTokenPrefix,
  isApplicationToken,
  type TokenScope,
  tokenScopeSchema,
} from '../../contracts/application-token.ts';
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
    scope: tokenScopeSchema,
  })
  .nullable();

interface ExchangedToken {
  accessToken: string;
  /** Seconds since the epoch. */
  expiresAt: number;
  userId: string;
  email: string;
  tokenId: string;
  scope: TokenScope;
}

const lifetimeSeconds = 600;
// How long a resolved token is not looked up again. One that is revoked through this process is refused at once; one
// that is revoked past it (straight through REST or SQL) has no rights from that moment, by RLS, and within this time it
// is answered as one without rights instead of as unknown.
const rememberMs = 30_000;
const rememberAtMost = 1_000;

const refused = () => notSignedIn('The application token is unknown, revoked or expired.');

export interface ApplicationTokens {
  /** Exchanges an application token for a short-lived user token. */
  exchange(token: string): Promise<ExchangedToken>;
  /** From now on neither the token nor what it was exchanged for is accepted by this process. */
  refuse(tokenId: string): void;
  /** Throws when the token of this id was revoked through this process. */
  requireNotRefused(tokenId: string): void;
}

/** The application tokens that callers come with. */
export function createApplicationTokens(databases: Databases, mint: TokenMint): ApplicationTokens {
  const remembered = new Map<string, { until: number; exchanged: ExchangedToken }>();
  // A revoked token never comes back, so an id stays; kept beside the memory because an exchange may be under way.
  const revoked = new Set<string>();

  function requireNotRefused(tokenId: string): void {
    if (revoked.has(tokenId)) throw refused();
  }

  async function exchange(token: string): Promise<ExchangedToken> {
    if (!isApplicationToken(token)) throw notSignedIn('The application token is mistyped: its checksum does not fit.');
    const hash = applicationTokenHash(token);
    const known = remembered.get(hash);
    if (known !== undefined && known.until > Date.now()) return known.exchanged;
    remembered.delete(hash);

    const found = await fetchRows(databases.service.rpc('resolve_application_token', { p_hash: hash }), resolvedSchema);
    if (found === null) throw refused();
    const endsIn = found.expiresAt === null ? lifetimeSeconds : (Date.parse(found.expiresAt) - Date.now()) / 1_000;
    const { token: accessToken, expiresAt } = await mint.mint(
      {
        sub: found.userId,
        role: 'authenticated',
        aud: 'authenticated',
        email: found.email,
        app_token_id: found.tokenId,
        app_account_id: found.accountId,
        app_token_scope: found.scope,
      },
      Math.max(1, Math.min(lifetimeSeconds, Math.floor(endsIn))),
    );
    const { userId, email, tokenId, scope } = found;
    const exchanged = { accessToken, expiresAt, userId, email, tokenId, scope };
    requireNotRefused(found.tokenId);
    if (remembered.size >= rememberAtMost) remembered.clear();
    remembered.set(hash, { until: Math.min(Date.now() + rememberMs, expiresAt * 1_000), exchanged });
    return exchanged;
  }

  function refuse(tokenId: string): void {
    revoked.add(tokenId);
    for (const [hash, { exchanged }] of remembered) if (exchanged.tokenId === tokenId) remembered.delete(hash);
  }

  return { exchange, refuse, requireNotRefused };
}

export const looksLikeApplicationToken = (token: string): boolean => token.startsWith(applicationTokenPrefix);
