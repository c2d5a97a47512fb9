import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';

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

// The parser's own errors quote the text, which is a secret.
const malformed = (): SfpError =>
  new SfpError({
    code: 'jwt_secret_invalid',
    message: 'PGRST_JWT_SECRET is no valid JWK or JWKS',
    suggestion: 'Give a JSON Web Key Set, a JSON Web Key, or a plain secret that does not begin with a brace.',
  });

function parseSet(text: string): readonly Jwk[] {
  try {
    const parsed = secretSchema.parse(JSON.parse(text));
    return 'keys' in parsed ? z.array(keySchema).parse(parsed.keys) : [keySchema.parse(parsed)];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw malformed();
    throw error;
  }
}

async function importKey(jwk: Jwk): Promise<VerificationKey> {
  const algorithm = algorithmOf(jwk);
  // Only what verifies is imported, so a private key given by mistake stays out of use.
  const { d: _d, key_ops: _operations, use: _use, ...verifying } = jwk;
  try {
    return { id: jwk.kid, algorithm, key: await importJWK(verifying, algorithm) };
  } catch {
    throw malformed();
  }
}

/** Keys of a JWKS, a single JWK, or a plain secret for HS256. Rejects with SfpError when a key is malformed. */
export async function parseKeys(secret: string): Promise<readonly VerificationKey[]> {
  const text = secret.trim();
  if (!text.startsWith('{')) return [{ id: undefined, algorithm: 'HS256', key: new TextEncoder().encode(secret) }];
  return Promise.all(parseSet(text).map(importKey));
}
