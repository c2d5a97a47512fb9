import { describe, expect, it } from 'vitest';
import { SfpError } from '../../contracts/error.ts';
import { applicationTokenCredentials } from './application-token-credentials.ts';
import { claimsOf } from './claims.ts';
import type { SessionTokens } from './session-credentials.ts';
import { sessionCredentials } from './session-credentials.ts';

const session = (number: number, expiresAt: number): SessionTokens => ({
  accessToken: `access ${number}`,
  refreshToken: `refresh ${number}`,
  expiresAt,
});

/** Gives a new session for each refresh token, once. */
const server = () => {
  const used: string[] = [];
  const refresh = async ({ refreshToken }: SessionTokens): Promise<SessionTokens> => {
    if (used.includes(refreshToken)) throw new SfpError({ code: 'refresh_token_used', message: 'Used.' });
    used.push(refreshToken);
    await Promise.resolve();
    return session(used.length + 1, 10_000);
  };
  return { used, refresh };
};

describe('a session', () => {
  it('is used while it is good and refreshed once for everybody shortly before it ends', async () => {
    const { used, refresh } = server();
    let now = 0;
    const credentials = sessionCredentials({ session: session(1, 100), refresh, now: () => now });
    expect(await credentials.bearer()).toBe('access 1');
    now = 41_000;
    const tokens = await Promise.all([credentials.bearer(), credentials.accessToken(), credentials.bearer()]);
    expect(tokens).toEqual(['access 2', 'access 2', 'access 2']);
    expect(used).toEqual(['refresh 1']);
  });
  it('is refreshed after a refusal, and says when that did not help', async () => {
    const { refresh } = server();
    const credentials = sessionCredentials({ session: session(1, 10_000), refresh, now: () => 0 });
    expect(await credentials.renew()).toBe(true);
    expect(await credentials.bearer()).toBe('access 2');
    const dead = sessionCredentials({
      session: session(1, 10_000),
      refresh: async () => {
        throw new SfpError({ code: 'session_expired', message: 'Over.' });
      },
      now: () => 0,
    });
    expect(await dead.renew()).toBe(false);
  });
});

describe('an application token', () => {
  it('goes to the API as it is and to the rest exchanged, once until it nearly ends', async () => {
    let now = 0;
    let exchanges = 0;
    const credentials = applicationTokenCredentials({
      token: 'sfp_at_x',
      exchange: async () => ({ accessToken: `user ${++exchanges}`, expiresAt: now / 1_000 + 600 }),
      now: () => now,
    });
    expect(await credentials.bearer()).toBe('sfp_at_x');
    expect(await Promise.all([credentials.accessToken(), credentials.accessToken()])).toEqual(['user 1', 'user 1']);
    now = 539_000;
    expect(await credentials.accessToken()).toBe('user 1');
    now = 541_000;
    expect(await credentials.accessToken()).toBe('user 2');
    expect(await credentials.renew()).toBe(false);
  });
});

it('reads the claims of a JWT and nothing of anything else', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  expect(claimsOf(`${part({})}.${part({ sub: 'u', email: 'a@b.c' })}.sig`)).toMatchObject({ sub: 'u', email: 'a@b.c' });
  for (const text of ['', 'a.b.c', `x.${part({ no: 'sub' })}.y`]) expect(claimsOf(text)).toBeUndefined();
});
