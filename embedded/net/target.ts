/** A URL taken apart for one exchange; `path` is as it goes over the wire, with everything beyond ASCII escaped. */
export interface Target {
  secure: boolean;
  hostname: string;
  port: number;
  /** Value of the Host header: with the port only where it is not the scheme's own. */
  host: string;
  path: string;
  /** Value of an Authorization header, from credentials in the URL. */
  basicAuth: string | undefined;
  origin: string;
}

/** Null for every scheme but http and https, and for what no host can be read from. */
export function parseTarget(url: string): Target | null {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return null;
  const secure = parsed.protocol === 'https:';
  const [, path = '', query = ''] = /^[^:]+:\/*[^/?#]*([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  return {
    secure,
    hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    host: parsed.host,
    path: escapeBytes((path === '' ? '/' : path) + query),
    basicAuth: parsed.username === '' && parsed.password === '' ? undefined : `Basic ${btoa(latin1(credentials))}`,
    origin: parsed.origin,
  };
}

/** UTF-8 bytes as a string of one character per byte, which is what node:http writes. */
export const latin1 = (text: string): string =>
  /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');

const escapeBytes = (path: string): string =>
  latin1(path).replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
