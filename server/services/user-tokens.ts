import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { type TokenScope, tokenScopeSchema } from '../../contracts/application-token.ts';
import type { SigningKey } from '../env.ts';
import { notSignedIn } from '../http/problem.ts';
import type { Databases } from './database.ts';

const claimsSchema = z.object({
  sub: z.uuid(),
  role: z.literal('authenticated'),
  email: z.string().default(''),
  app_token_id: z.uuid().nullish(),
  app_token_scope: tokenScopeSchema.nullish(),
});

export interface UserClaims {
  userId: string;
  email: string;
  applicationTokenId: string | null;
  tokenScope: TokenScope | null;
}

const toUser = (payload: JWTPayload): UserClaims => {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) throw notSignedIn('The token is not one of a signed-in user.');
  const { sub, email, app_token_id, app_token_scope } = claims.data;
  return { userId: sub, email, applicationTokenId: app_token_id ?? null, tokenScope: app_token_scope ?? null };
};

/**
 * Checks a user's token: signature against the stack's own key, then against auth's JWKS; a token that auth signed with a
 * shared secret is shown to auth itself. RLS decides what it may do; this decides only whose idempotency keys it sees.
 */
export function createUserTokens(url: string, signingKey: SigningKey, databases: Databases) {
  const { kty, crv, x, y, kid } = signingKey;
  const own = createLocalJWKSet({ keys: [{ kty, crv, x, y, kid, alg: 'ES256' }] });
  const remote = createRemoteJWKSet(new URL(`${url}/auth/v1/.well-known/jwks.json`), { timeoutDuration: 5_000 });

  return async function verify(token: string): Promise<UserClaims> {
    try {
      return toUser((await jwtVerify(token, own, { audience: 'authenticated' })).payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw notSignedIn('The token has expired.');
      const unknownKey = error instanceof errors.JWKSNoMatchingKey;
      if (!unknownKey) throw error instanceof errors.JOSEError ? notSignedIn('The token is not valid.') : error;
    }
    try {
      return toUser((await jwtVerify(token, remote, { audience: 'authenticated' })).payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw notSignedIn('The token has expired.');
      if (!(error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSInvalid)) {
        throw error instanceof errors.JOSEError ? notSignedIn('The token is not valid.') : error;
      }
    }
    const { data, error } = await databases.anonymous().auth.getUser(token);
    if (error !== null) throw notSignedIn('The token is not valid.');
    return { userId: data.user.id, email: data.user.email ?? '', applicationTokenId: null, tokenScope: null };
  };
}
export type VerifyUserToken = ReturnType<typeof createUserTokens>;
