import { createHash } from 'node:crypto';
import type { LoginLink } from '../../contracts/login-code.ts';

const style = `
body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}label{display:block;margin:1rem 0 .3rem;font-weight:600}
input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;color:inherit;background:transparent;border:1px solid #767676;border-radius:6px}
button{font:inherit;padding:.6rem 1.2rem;margin:1.5rem .6rem 0 0;border-radius:6px;border:1px solid #1553a0;color:#1553a0;background:transparent;cursor:pointer}
button.main{background:#1553a0;color:#fff}
input:focus-visible,button:focus-visible,.code:focus-visible{outline:3px solid #6ba4ee;outline-offset:2px}
.error{border-left:4px solid #b3261e;padding:.4rem .8rem;background:#fdecea;color:#5f1511}
.code{display:block;font:15px/1.6 ui-monospace,monospace;background:#f5f5f5;padding:.8rem;border-radius:6px;user-select:all;overflow-wrap:anywhere}
.small{font-size:.875rem;color:#555}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}.code{background:#1d1d1d}.small{color:#aaa}
button{border-color:#8ab8f5;color:#8ab8f5}.error{background:#3a1512;color:#ffdad6}}
`;
const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/** Where a form of the page may end up: here, and at the listener of this login, to which the answer redirects. */
function formTargets(link: Pick<LoginLink, 'redirect_uri'> | undefined): string {
  if (link?.redirect_uri === undefined) return "'self'";
  const { hostname, port, origin } = new URL(link.redirect_uri);
  // The policy's grammar has no IPv6 address.
  return `'self' ${hostname.startsWith('[') ? `http://*:${port}` : origin}`;
}

export const loginPageHeaders = (link?: Pick<LoginLink, 'redirect_uri'>): Record<string, string> => ({
  'content-security-policy': `default-src 'none'; style-src ${styleHash}; form-action ${formTargets(link)}; frame-ancestors 'none'; base-uri 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // Not no-referrer: with it browsers send the form's own origin as null.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
});

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>${escaped(title)}</title>
<style>${style}</style></head><body><main><h1>${escaped(title)}</h1>
${body}
</main></body></html>
`;

interface LoginForm {
  link: LoginLink;
  /** The server as its people know it. */
  server: { tenant: string; host: string };
  csrf: string;
  email?: string;
  error?: string;
}

const hidden = (fields: Record<string, string | undefined>): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value ?? '')}">`)
    .join('');

/** The form. A provider's button (OAuth, SAML) has its place below the password's. */
export function loginForm({ link, server, csrf, email = '', error }: LoginForm): string {
  const focus = (wanted: boolean): string => (wanted ? ' autofocus' : '');
  const shown = link.redirect_uri === undefined;
  return page(
    `Log in to ${server.tenant}`,
    `<p>The command line tool <b>sfp</b> on <b>${escaped(link.device)}</b> asks to act as you on <b>${escaped(server.host)}</b>.</p>
<p class="small">Go on only if you started this login yourself, just now.</p>
${error === undefined ? '' : `<p class="error" role="alert" id="error">${escaped(error)}</p>`}
<form method="post" action="/api/v1/login">${hidden({ ...link, csrf })}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="320" value="${escaped(email)}"${focus(email === '')}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${error === undefined ? '' : ' aria-describedby="error"'}${focus(email !== '')}>
<button class="main" type="submit" name="action" value="login">Log in</button>${
      shown ? '' : '<button type="submit" name="action" value="cancel" formnovalidate>Cancel</button>'
    }
</form>`,
  );
}

/** The code, to be carried to the terminal where the login began. */
export const loginCodePage = (code: string, device: string, minutes: number): string =>
  page(
    'One more step',
    `<p>Copy this code to the terminal on <b>${escaped(device)}</b> where <b>sfp</b> waits for it:</p>
<code class="code" tabindex="0">${escaped(code)}</code>
<p>It works once, within ${minutes} minutes, and only there. Then close this page.</p>
<p class="small">Did somebody send you here and ask for the code? Give it to nobody, and close this page.</p>`,
  );

export const loginProblemPage = (message: string): string =>
  page(
    'This login cannot go on',
    `<p class="error" role="alert">${escaped(message)}</p>
<p>Begin again in the terminal: <code>sfp login</code></p>`,
  );
