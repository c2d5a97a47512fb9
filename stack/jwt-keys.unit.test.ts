import { createLocalJWKSet, importJWK, jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import { authJwtKeys, es256ApiToken, hs256ApiToken, newSigningKey, verificationJwks } from './jwt-keys.ts';

const secret = 'a-secret-of-at-least-thirty-two-characters';
const key = newSigningKey();
const now = Math.floor(Date.now() / 1000);

it('makes API tokens that a JOSE library verifies, with the recorded claims', async () => {
  const hs = await jwtVerify(hs256ApiToken('anon', secret, now), new TextEncoder().encode(secret));
  expect(hs.payload).toEqual({ role: 'anon', iss: 'supabase', iat: now, exp: now + 157_680_000 });
  const es = await jwtVerify(
    es256ApiToken('service_role', key, now),
    createLocalJWKSet(JSON.parse(verificationJwks(key, secret))),
  );
  expect(es.payload.role).toBe('service_role');
  expect(es.protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: key.kid });
});

it('gives auth exactly one key that signs, and nobody else the private part', async () => {
  const keys: { key_ops?: string[]; kty: string }[] = JSON.parse(authJwtKeys(key, secret));
  expect(keys.map(({ kty }) => kty)).toEqual(['EC', 'oct']);
  expect(keys.filter(({ key_ops: ops }) => ops?.includes('sign'))).toHaveLength(1);
  expect(verificationJwks(key, secret)).not.toContain(key.d);
  await expect(importJWK(key, 'ES256')).resolves.toBeDefined();
});
