import { createHash } from 'node:crypto';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:4rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}';

export const callbackHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  connection: 'close',
} as const;

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What stays in the browser when the login is through. */
export function callbackPage(title: string, text: string): string {
  const safe = (words: string): string => words.replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${safe(title)}</title><style>${style}</style></head>
<body><main><h1>${safe(title)}</h1><p role="status">${safe(text)}</p></main></body></html>
`;
}
