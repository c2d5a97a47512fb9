import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { SigningKey } from '../env.ts';

export interface TokenMint {
  /** A signed ES256 token with these claims, good for `seconds`. */
  mint(claims: JWTPayload, seconds: number): Promise<{ token: string; expiresAt: number }>;
}

/** Signs with the stack's own key, whose public half is in the JWKS that REST, Realtime and auth trust. */
export async function createTokenMint(signingKey: SigningKey, issuer: string): Promise<TokenMint> {
  const key = await importJWK({ kty: 'EC', crv: 'P-256', x: signingKey.x, y: signingKey.y, d: signingKey.d }, 'ES256');
  return {
    async mint(claims, seconds) {
      const now = Math.floor(Date.now() / 1_000);
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setIssuedAt(now)
        .setExpirationTime(now + seconds)
        .sign(key);
      return { token, expiresAt: now + seconds };
    },
  };
}
