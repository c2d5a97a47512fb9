import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { RestError } from '../rest-error.ts';
import { Identities } from './identity.ts';
import { parseKeys } from './keys.ts';

const secret = 'a-secret-of-at-least-thirty-two-characters';
const now = 1_800_000_000;
const token = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
const identities = async (remember = 1000, audience?: string): Promise<Identities> =>
  new Identities(await parseKeys(secret), { anonRole: 'anon', audience, remember });

describe('tokens', () => {
  test('a remembered token is refused once it has expired', async () => {
    const all = await identities();
    const header = `Bearer ${await token({ role: 'authenticated', exp: now })}`;
    expect(await all.of(header, now)).toMatchObject({ role: 'authenticated', authenticated: true });
    // The second use needs no promise.
    expect(all.of(header, now + 30)).toMatchObject({ role: 'authenticated' });
    expect(() => all.of(header, now + 31)).toThrow('JWT expired');
  });

  test('only so many are remembered', async () => {
    const all = await identities(2);
    const headers = await Promise.all(['a', 'b', 'c'].map(async (role) => `Bearer ${await token({ role })}`));
    for (const header of headers) await all.of(header, now);
    expect(all.of(headers[0], now)).toBeInstanceOf(Promise);
    expect(all.of(headers[2], now)).toMatchObject({ role: 'c' });
  });

  test('claims reach SQL sorted and with every digit', async () => {
    const [head, , signature] = (await token({ role: 'x' })).split('.');
    expect(head && signature).toBeTruthy();
    const all = await identities();
    const identity = await all.of(`Bearer ${await token({ z: 1, role: 'r', a: { c: 1, b: [2] } })}`, now);
    expect(identity.claims).toBe('{"a":{"b":[2],"c":1},"role":"r","z":1}');
  });

  test('audience: compared only when configured, absent is accepted', async () => {
    const all = await identities(0, 'platform');
    await expect(Promise.resolve(all.of(`Bearer ${await token({ aud: 'other' })}`, now))).rejects.toThrow(
      'JWT not in audience',
    );
    expect(await all.of(`Bearer ${await token({ aud: ['platform'] })}`, now)).toMatchObject({ role: 'anon' });
    expect(await all.of(`Bearer ${await token({})}`, now)).toMatchObject({ role: 'anon' });
  });

  test('no token is anonymous, an empty one is refused', async () => {
    const all = await identities();
    expect(all.of(undefined)).toMatchObject({ role: 'anon', authenticated: false });
    expect(() => all.of('Bearer')).toThrow(RestError);
  });
});

test('a malformed key set is refused without quoting it', async () => {
  for (const text of [
    '{"keys":[{"kty":"oct","k":"top-secret"',
    '{"kty":"top-secret"}',
    '{"keys":[{"kty":"EC","crv":"top-secret"}]}',
  ]) {
    const problem: unknown = await parseKeys(text).catch((error: unknown) => error);
    expect(String(problem), text).toContain('PGRST_JWT_SECRET');
    expect(JSON.stringify(problem) + String(problem), text).not.toContain('top-secret');
  }
});
