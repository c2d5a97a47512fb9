import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { z } from 'zod';

/** What verifies ES256 tokens, as a public JWK. */
export const verificationKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
  x: z.string(),
  y: z.string(),
});
export type VerificationKey = z.infer<typeof verificationKeySchema>;

/** The stack's signing key as a private JWK. */
export const signingKeySchema = verificationKeySchema.extend({ d: z.string() });
export type SigningKey = z.infer<typeof signingKeySchema>;

/** The part that may be shown. */
export const publicPart = (key: SigningKey): VerificationKey => verificationKeySchema.parse(key);

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

/**
 * GOTRUE_JWT_KEYS: an array, exactly one key of which may sign; the secret only verifies, and so does the key of before the
 * last rotation.
 */
export const authJwtKeys = (key: SigningKey, jwtSecret: string, previous?: VerificationKey): string =>
  JSON.stringify([
    { ...key, key_ops: ['sign', 'verify'] },
    ...(previous === undefined ? [] : [{ ...previous, key_ops: ['verify'] }]),
    octKey(jwtSecret),
  ]);

/** PGRST_JWT_SECRET and API_JWT_JWKS: what verifies, without the private part. */
export const verificationJwks = (key: SigningKey, jwtSecret: string, previous?: VerificationKey): string =>
  JSON.stringify({
    keys: [
      ...[publicPart(key), ...(previous === undefined ? [] : [previous])].map((one) => ({
        ...one,
        key_ops: ['verify'],
      })),
      octKey(jwtSecret),
    ],
  });

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

/** Whether this secret signed the token. Its claims, also when it ends, are not looked at. */
export function isHs256By(jwtSecret: string, token: string): boolean {
  const { input, signature } = signedParts(token);
  const expected = createHmac('sha256', jwtSecret).update(input).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

/** Whether this key signed the token. */
export function isEs256By(key: SigningKey, token: string): boolean {
  const { input, signature } = signedParts(token);
  const publicKey = createPublicKey({ format: 'jwk', key: publicPart(key) });
  return verify('sha256', Buffer.from(input), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

function signedParts(token: string): { input: string; signature: Buffer } {
  const end = Math.max(0, token.lastIndexOf('.'));
  return { input: token.slice(0, end), signature: Buffer.from(token.slice(end + 1), 'base64url') };
}
