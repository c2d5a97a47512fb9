import type { IncomingHttpHeaders } from 'node:http';

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const standardHeaders = [
  'accept',
  'authorization',
  'content-type',
  'x-client-info',
  'x-client-ip',
  'x-supabase-api-version',
  'x-jwt-aud',
  'x-use-cookie',
];

export const isPreflight = (method: string, headers: IncomingHttpHeaders): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/** Headers of a preflight's answer. A refused one is a 204 that allows nothing. */
export function preflightHeaders(headers: IncomingHttpHeaders, extraHeaders: string[]): Record<string, string> {
  const vary = { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' };
  const method = headers['access-control-request-method'] ?? '';
  const requested = headers['access-control-request-headers'] ?? '';
  const allowed = new Set([...standardHeaders, ...extraHeaders]);
  const names = requested.split(',').map((name) => name.trim());
  if (headers.origin === undefined || !methods.has(method)) return vary;
  if (requested !== '' && !names.every((name) => allowed.has(name))) return vary;
  return {
    ...vary,
    'access-control-allow-origin': '*',
    'access-control-allow-methods': method,
    ...(requested === '' ? {} : { 'access-control-allow-headers': requested }),
    'access-control-allow-credentials': 'true',
  };
}

/** Headers that every other answer carries. */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  if (headers.origin === undefined) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'X-Total-Count, Link, X-Supabase-Api-Version',
    'access-control-allow-credentials': 'true',
  };
}
