import { createHmac } from 'node:crypto';
import { CompactSign, importJWK, type JWK } from 'jose';
import { secret } from './base-environment.ts';
import type { RunKeys } from './keys.ts';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (algorithm: 'sha256' | 'sha512', input: string, key: string): string =>
  createHmac(algorithm, key).update(input).digest('base64url');

/** Makes a token that no server gave: as its note describes it, signed as its label says. */
export async function forgeToken(
  label: string,
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
  keys: RunKeys,
): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`;
  if (header.alg === 'none') return `${input}.`;
  if (header.alg === 'HS512') return `${input}.${hmac('sha512', input, secret)}`;
  if (header.alg === 'HS256')
    return `${input}.${hmac('sha256', input, label === 'wrong-signature' ? 'not the secret' : label === 'hmac-with-public-key' ? JSON.stringify(keys.ec.x) : secret)}`;
  return signEc(header, claims, label === 'es256-forged' ? keys.stranger : keys.ec);
}

async function signEc(header: Record<string, unknown>, claims: Record<string, unknown>, key: JWK): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ ...header, alg: 'ES256' })
    .sign(await importJWK(key, 'ES256'));
}
