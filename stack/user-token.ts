import { createPrivateKey, sign } from 'node:crypto';
import type { SigningKey } from './jwt-keys.ts';

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A user's token as the auth service signs them, without a session: for the platform to be that user for a moment. */
export function userToken(userId: string, key: SigningKey, lifetimeSeconds: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub: userId, role: 'authenticated', aud: 'authenticated', iat, exp: iat + lifetimeSeconds };
  const input = `${base64url({ alg: 'ES256', typ: 'JWT', kid: key.kid })}.${base64url(claims)}`;
  const privateKey = createPrivateKey({ format: 'jwk', key });
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
