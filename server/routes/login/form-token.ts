import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { LoginLink } from '../../../contracts/login-code.ts';

/**
 * Against forged forms: a cookie of the browser, and in the form a token that only the server makes of this cookie for
 * this link. Nothing is stored, so any API server of the stack can check what another one gave out.
 */
export function createFormTokens(key: Buffer) {
  const of = (cookie: string, { redirect_uri, state, code_challenge, device }: LoginLink): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([cookie, redirect_uri ?? null, state ?? null, code_challenge, device]))
      .digest();
  return {
    newCookie: (): string => randomBytes(24).toString('base64url'),
    isCookie: (text: string | undefined): text is string => text !== undefined && /^[\w-]{32}$/.test(text),
    of: (cookie: string, link: LoginLink): string => of(cookie, link).toString('base64url'),
    matches(token: string, cookie: string, link: LoginLink): boolean {
      const given = Buffer.from(token, 'base64url');
      const right = of(cookie, link);
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
