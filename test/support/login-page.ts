import { loginLink } from '../../contracts/login-code.ts';
import { challengeOf, newVerifier } from '../../contracts/pkce.ts';

/** What a browser does with the login page: keeps its cookie, sends its form, follows nothing by itself. */
export interface OpenLoginPage {
  status: number;
  html: string;
  headers: Headers;
  cookie: string;
  /** The form's fields as the page filled them in. */
  fields: Record<string, string>;
  /** Sends the form with these changes. */
  submit(
    changes: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<{ status: number; html: string; headers: Headers; location: URL | undefined }>;
}

const unescaped = (text: string): string =>
  text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (sign) => ({ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' })[sign] ?? "'",
  );

export async function openLoginPage(link: string): Promise<OpenLoginPage> {
  const response = await fetch(link, { redirect: 'manual' });
  const html = await response.text();
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  const fields = Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
      name,
      unescaped(value),
    ]),
  );
  return {
    status: response.status,
    html,
    headers: response.headers,
    cookie,
    fields,
    async submit(changes, headers = {}) {
      const answer = await fetch(new URL('/api/v1/login', link), {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, ...headers },
        body: new URLSearchParams({ ...fields, action: 'login', ...changes }),
      });
      const to = answer.headers.get('location');
      return {
        status: answer.status,
        html: await answer.text(),
        headers: answer.headers,
        location: to === null ? undefined : new URL(to),
      };
    },
  };
}

/** The code that the page shows. */
export const shownCode = (html: string): string => /sfp_login_[\w-]+/.exec(html)?.[0] ?? '';

/** A link that shows its code, with the verifier of its login. */
export function shownLink(origin: string): { link: string; verifier: string } {
  const verifier = newVerifier();
  return {
    verifier,
    link: loginLink(origin, { code_challenge: challengeOf(verifier), code_challenge_method: 'S256', device: 'laptop' }),
  };
}
