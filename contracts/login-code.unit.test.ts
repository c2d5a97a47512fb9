import { describe, expect, it } from 'vitest';
import { isLoginCode, loginLink, loginLinkSchema, loginRedirectSchema, newLoginCode } from './login-code.ts';
import { challengeOf, newVerifier, verifierSchema } from './pkce.ts';

describe('a login code', () => {
  it('is known by its text, also with a letter wrong', () => {
    const code = newLoginCode();
    expect(isLoginCode(code)).toBe(true);
    expect(isLoginCode(`${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`)).toBe(false);
    expect(isLoginCode('sfp_inv_x')).toBe(false);
  });
});

describe('a redirect', () => {
  it.each(['http://127.0.0.1:1/callback', 'http://127.0.0.1:54329/callback', 'http://[::1]:8080/callback'])(
    'goes to %s',
    (uri) => expect(loginRedirectSchema.safeParse(uri).success).toBe(true),
  );
  it.each([
    'https://127.0.0.1:80/callback',
    'http://localhost:80/callback',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:99999/callback',
    'http://127.0.0.1:80/callback?x=1',
    'http://127.0.0.1:80/other',
    'http://127.0.0.1:80@evil.test/callback',
    'http://127.0.0.1.evil.test:80/callback',
    'javascript:alert(1)',
    'http://127.0.0.1:80/callback\n',
  ])('never to %s', (uri) => expect(loginRedirectSchema.safeParse(uri).success).toBe(false));
});

describe('a link', () => {
  const link = { code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' } as const;
  it('reads as it was written', () => {
    const redirect = { redirect_uri: 'http://127.0.0.1:80/callback', state: 'a state of enough length' };
    const whole = { ...link, ...redirect, device: 'Ann’s & Bob’s' };
    const url = new URL(loginLink('https://deploy.example.com', whole));
    expect(url.pathname).toBe('/api/v1/login');
    expect(loginLinkSchema.parse(Object.fromEntries(url.searchParams))).toEqual(whole);
  });
  it('redirects with a state or not at all, and takes no plain challenge', () => {
    const wrong = [
      { ...link, redirect_uri: 'http://127.0.0.1:80/callback' },
      { ...link, code_challenge_method: 'plain' },
      { ...link, code_challenge: 'short' },
    ];
    for (const each of wrong) expect(loginLinkSchema.safeParse(each).success).toBe(false);
  });
});

// RFC 7636, appendix B.
it('makes the challenge of the standard’s example', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
  expect(verifierSchema.safeParse(newVerifier()).success).toBe(true);
});
