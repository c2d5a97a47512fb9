import { createHmac, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { z } from 'zod';

/** The stack's signing key as a private JWK. */
export const signingKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});
export type SigningKey = z.infer<typeof signingKeySchema>;

export function newSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signingKeySchema.parse({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    alg: 'ES256',
    use: 'sig',
  });
}

const octKey = (jwtSecret: string) => ({
  kty: 'oct' as const,
  k: Buffer.from(jwtSecret).toString('base64url'),
  alg: 'HS256' as const,
});

/** GOTRUE_JWT_KEYS: an array, exactly one key of which may sign; the secret only verifies. */
export const authJwtKeys = (key: SigningKey, jwtSecret: string): string =>
  JSON.stringify([{ ...key, key_ops: ['sign', 'verify'] }, octKey(jwtSecret)]);

/** PGRST_JWT_SECRET and API_JWT_JWKS: what verifies, without the private part. */
export function verificationJwks(key: SigningKey, jwtSecret: string): string {
  const { d: _private, ...publicKey } = key;
  return JSON.stringify({ keys: [{ ...publicKey, key_ops: ['verify'] }, octKey(jwtSecret)] });
}

export type ApiRole = 'anon' | 'service_role';

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const claims = (role: ApiRole, issuedAt: number) => ({
  role,
  iss: 'supabase',
  iat: issuedAt,
  exp: issuedAt + 5 * 365 * 24 * 3600,
});

/** Legacy API key: an HS256 token of five years, `{role, iss, iat, exp}`. */
export function hs256ApiToken(role: ApiRole, jwtSecret: string, issuedAt: number): string {
  const input = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims(role, issuedAt))}`;
  return `${input}.${createHmac('sha256', jwtSecret).update(input).digest('base64url')}`;
}

/** What the gateway puts in place of an `sb_` key: the same claims, signed with the stack's key. */
export function es256ApiToken(role: ApiRole, key: SigningKey, issuedAt: number): string {
  const input = `${base64url({ alg: 'ES256', typ: 'JWT', kid: key.kid })}.${base64url(claims(role, issuedAt))}`;
  const privateKey = createPrivateKey({ format: 'jwk', key });
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
