import type { IncomingHttpHeaders } from 'node:http';

const methods = 'GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS';
/** What supabase-js and our own client send; a preflight that asks for more gets what it asks for as well. */
const usualHeaders = [
  'accept',
  'accept-profile',
  'apikey',
  'authorization',
  'content-profile',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'prefer',
  'range',
  'range-unit',
  'x-client-info',
  'x-request-id',
  'x-supabase-api-version',
];
const exposedHeaders = [
  'content-encoding',
  'content-location',
  'content-profile',
  'content-range',
  'etag',
  'link',
  'location',
  'range-unit',
  'retry-after',
  'x-request-id',
  'x-sb-error-code',
  'x-supabase-api-version',
  'x-total-count',
];
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

export const isPreflight = (method: string | undefined, headers: IncomingHttpHeaders): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** A preflight is about no user: any origin may ask, and no cookie is ever used. */
export function preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const asked = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => headerName.test(name));
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': methods,
    'access-control-allow-headers': [...new Set([...usualHeaders, ...asked])].join(', '),
    'access-control-max-age': '3600',
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    'content-length': '0',
  };
}

/** On every answer, errors too: without it a browser shows its caller nothing. */
export const answerCors = (headers: IncomingHttpHeaders): Record<string, string> =>
  headers.origin === undefined
    ? { 'access-control-allow-origin': '*' }
    : { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposedHeaders.join(', ') };
