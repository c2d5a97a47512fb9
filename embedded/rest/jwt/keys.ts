import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';

const keySchema = z.looseObject({
  kty: z.enum(['oct', 'EC', 'RSA', 'OKP']),
  kid: z.string().optional(),
  alg: z.string().optional(),
  crv: z.string().optional(),
  k: z.string().optional(),
});
const secretSchema = z.union([z.object({ keys: z.array(keySchema).min(1) }), keySchema]);
type Jwk = z.infer<typeof keySchema>;

/** A key that tokens may be signed with. */
export interface VerificationKey {
  id: string | undefined;
  algorithm: string;
  key: CryptoKey | Uint8Array;
}

const curves: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
};
const algorithmOf = (jwk: Jwk): string =>
  jwk.alg ?? (jwk.kty === 'oct' ? 'HS256' : jwk.kty === 'RSA' ? 'RS256' : (curves[jwk.crv ?? ''] ?? 'ES256'));

/** Keys of a JWKS, a single JWK, or a plain secret for HS256. Rejects when a key is malformed. */
export async function parseKeys(secret: string): Promise<readonly VerificationKey[]> {
  const text = secret.trim();
  if (!text.startsWith('{')) return [{ id: undefined, algorithm: 'HS256', key: new TextEncoder().encode(secret) }];
  const parsed = secretSchema.parse(JSON.parse(text));
  const jwks =
    'keys' in parsed && Array.isArray(parsed.keys) ? z.array(keySchema).parse(parsed.keys) : [keySchema.parse(parsed)];
  return Promise.all(
    jwks.map(async (jwk) => {
      const algorithm = algorithmOf(jwk);
      // Only what verifies is imported, so a private key given by mistake stays out of use.
      const { d: _d, key_ops: _operations, use: _use, ...verifying } = jwk;
      return { id: jwk.kid, algorithm, key: await importJWK(verifying, algorithm) };
    }),
  );
}
