import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { parseKeyMaterial } from './key-material.ts';
import { Keyring } from './keyring.ts';

const secret = 'a-secret-with-at-least-thirty-two-characters';
const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), alg: 'HS256' };
const pair = await generateKeyPair('ES256', { extractable: true });
const ec = { ...(await exportJWK(pair.privateKey)), kid: 'k1', alg: 'ES256', key_ops: ['sign', 'verify'] };
const now = Math.floor(Date.now() / 1000);
const claims = {
  iss: 'https://example.com/auth/v1',
  sub: '6d0f8cc2-a6f6-4b68-9b52-85d72b54d6f5',
  aud: 'authenticated',
  exp: now + 60,
  iat: now,
  email: 'a@example.com',
  phone: '',
  app_metadata: {},
  user_metadata: {},
  role: 'authenticated',
  aal: 'aal1',
  amr: [],
  session_id: '',
  is_anonymous: false,
};
const header = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

test('the secret signs when there are no keys, the signing key otherwise', async () => {
  const legacy = await Keyring.create(parseKeyMaterial(undefined, secret));
  const current = await Keyring.create(parseKeyMaterial(JSON.stringify([ec, oct]), secret));
  expect(header(await legacy.sign(claims))).toEqual({ alg: 'HS256', typ: 'JWT' });
  const token = await current.sign(claims);
  expect(header(token)).toEqual({ alg: 'ES256', kid: 'k1', typ: 'JWT' });
  expect((await current.verify(token)).sub).toBe(claims.sub);
  // A token of the time before the keys goes on as long as an oct key is among them.
  expect((await current.verify(await legacy.sign(claims))).sub).toBe(claims.sub);
});

test('the published keys hold no private part and no secret', async () => {
  const keyring = await Keyring.create(parseKeyMaterial(JSON.stringify([ec, oct]), secret));
  expect(JSON.stringify(keyring.published)).not.toMatch(/"d"|"k"/);
  expect(keyring.published.keys).toHaveLength(1);
});

test('a token that was good once is refused when its time is over, cached or not', async () => {
  const keyring = await Keyring.create(parseKeyMaterial(undefined, secret));
  const token = await keyring.sign({ ...claims, exp: now - 1 });
  await expect(keyring.verify(token)).rejects.toThrow('token is expired');
  await expect(keyring.verify(token)).rejects.toThrow('token is expired');
});

describe('GOTRUE_JWT_KEYS', () => {
  test.each([
    ['not JSON', 'x'],
    ['the empty string', ''],
    ['an object', JSON.stringify({ keys: [ec] })],
    ['no signing key', JSON.stringify([{ ...ec, key_ops: ['verify'] }])],
    ['two signing keys', JSON.stringify([ec, { ...oct, key_ops: ['sign'] }])],
    ['another curve', JSON.stringify([{ ...ec, crv: 'P-384' }])],
  ])('%s is refused without a word of the value', (_name, text) => {
    let shown = '';
    try {
      parseKeyMaterial(text, secret);
    } catch (error) {
      shown = JSON.stringify(error, Object.getOwnPropertyNames(error));
    }
    expect(shown).toContain('jwt_keys_invalid');
    expect(shown).not.toContain(String(ec.d));
    expect(shown).not.toContain(oct.k);
  });

  test('an empty array falls back to the secret', () => {
    expect(parseKeyMaterial('[]', secret).signing).toBeUndefined();
  });
});
