import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { z } from 'zod';
import { loginRequestSchema } from '../../../contracts/api/auth.ts';
import { type LoginLink, loginCodeSeconds, loginLinkSchema } from '../../../contracts/login-code.ts';
import type { AppEnv, Endpoint } from '../../http/api.ts';
import { loginCodePage, loginForm, loginPageHeaders, loginProblemPage } from '../../http/login-page.ts';
import { ApiProblem } from '../../http/problem.ts';
import { formTokens, loginCookie } from './page.ts';

const fieldsSchema = z.object({
  csrf: z.string(),
  action: z.enum(['login', 'cancel']).default('login'),
  email: z.string().default(''),
  password: z.string().default(''),
});

const refused = (c: Context<AppEnv>, message: string) => c.html(loginProblemPage(message), 403, loginPageHeaders());

/** Back to the listener of the login on the machine where it began. */
function redirectTo(c: Context<AppEnv>, redirectUri: string, link: LoginLink, answer: Record<string, string>) {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, state: link.state ?? '' })) url.searchParams.set(name, value);
  for (const [name, value] of Object.entries(loginPageHeaders(link))) c.header(name, value);
  return c.redirect(url.href, 303);
}

/** What the page's form sends: the same check and the same limit as POST /auth/login, then a code for the session. */
export const postLoginPage: Endpoint = (api, { env, signIn, loginLimit, loginCodes }) => {
  const tokens = formTokens(env.signingKey.d);
  const server = { tenant: env.tenant, host: new URL(env.publicUrl).host };
  api.post('/login', async (c) => {
    // Browsers say where a form came from, over https and on loopback; the token below is for all of them.
    const site = c.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin') return refused(c, 'The form came from another site.');
    const body = await c.req.parseBody();
    const link = loginLinkSchema.safeParse(body);
    const fields = fieldsSchema.safeParse(body);
    if (!link.success || !fields.success) return refused(c, 'The form is not complete.');
    const cookie = getCookie(c, loginCookie);
    if (!tokens.isCookie(cookie) || !tokens.matches(fields.data.csrf, cookie, link.data)) {
      return refused(c, 'The form is too old, or the browser keeps no cookies.');
    }
    const { redirect_uri: redirectUri, code_challenge: challenge, device } = link.data;
    if (fields.data.action === 'cancel' && redirectUri !== undefined) {
      return redirectTo(c, redirectUri, link.data, { error: 'access_denied' });
    }
    const { email, csrf } = fields.data;
    const again = (error: string, status: 400 | 401 | 422 | 429 | 503) =>
      c.html(loginForm({ link: link.data, server, csrf, email, error }), status, loginPageHeaders(link.data));
    const given = loginRequestSchema.safeParse({ email: email.trim(), password: fields.data.password });
    if (!given.success) return again('Type your e-mail address and your password.', 422);
    try {
      loginLimit.take(`email ${given.data.email.toLowerCase()}`);
      const session = await signIn.withPassword(given.data.email, given.data.password, c.get('source'));
      const code = await loginCodes.give(session, { challenge, redirectUri });
      if (redirectUri !== undefined) return redirectTo(c, redirectUri, link.data, { code });
      return c.html(loginCodePage(code, device, loginCodeSeconds.shown / 60), 200, loginPageHeaders());
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const status = ([401, 429, 503] as const).find((known) => known === error.status) ?? 400;
      return again(status === 401 ? error.message : `${error.message} ${error.suggestion ?? ''}`.trim(), status);
    }
  });
};
