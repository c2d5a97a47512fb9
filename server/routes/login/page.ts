import { getCookie, setCookie } from 'hono/cookie';
import { loginLinkSchema } from '../../../contracts/login-code.ts';
import type { Endpoint } from '../../http/api.ts';
import { loginForm, loginPageHeaders, loginProblemPage } from '../../http/login-page.ts';
import { sealingKeyFrom } from '../../http/sealed.ts';
import { createFormTokens } from './form-token.ts';

export const loginCookie = 'sfp_login';
export const formTokens = (signingKey: string) => createFormTokens(sealingKeyFrom(signingKey, 'sfp login form'));

/** The page that `sfp login` opens. For browsers, so it is no part of the API's document. */
export const getLoginPage: Endpoint = (api, { env }) => {
  const tokens = formTokens(env.signingKey.d);
  const server = { tenant: env.tenant, host: new URL(env.publicUrl).host };
  api.get('/login', (c) => {
    const link = loginLinkSchema.safeParse(c.req.query());
    if (!link.success) {
      return c.html(loginProblemPage('The link is not complete, or not one of this version.'), 400, loginPageHeaders());
    }
    const known = getCookie(c, loginCookie);
    // Kept where there is one: another login may be open in another tab.
    const cookie = tokens.isCookie(known) ? known : tokens.newCookie();
    setCookie(c, loginCookie, cookie, {
      path: '/api/v1/login',
      httpOnly: true,
      sameSite: 'Strict',
      secure: env.publicUrl.startsWith('https:'),
      maxAge: 3_600,
    });
    const form = { link: link.data, server, csrf: tokens.of(cookie, link.data) };
    return c.html(loginForm(form), 200, loginPageHeaders(link.data));
  });
};
