import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { maintenancePage, prefersHtml } from './page.ts';
import { maintenanceProblem } from './problem.ts';

export interface Answer {
  status: 204 | 503;
  headers: OutgoingHttpHeaders;
  body: string;
}

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** The same for every path and method; only a browser's question before a request is let through, or it hides the answer. */
export function answerTo({ method, headers }: IncomingMessage, retryAfter: number): Answer {
  if (method === 'OPTIONS' && headers['access-control-request-method'] !== undefined) {
    return { status: 204, headers: { ...commonHeaders, ...preflightHeaders(headers) }, body: '' };
  }
  return unavailable(retryAfter, prefersHtml(headers) ? 'html' : 'problem');
}

export function unavailable(retryAfter: number, kind: 'html' | 'problem'): Answer {
  const requestId = randomUUID();
  const body =
    kind === 'html' ? maintenancePage(retryAfter) : JSON.stringify(maintenanceProblem(requestId, retryAfter));
  return {
    status: 503,
    headers: {
      ...commonHeaders,
      'retry-after': String(retryAfter),
      'x-request-id': requestId,
      'access-control-expose-headers': 'retry-after, x-request-id',
      'content-type': kind === 'html' ? 'text/html; charset=utf-8' : 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      ...(kind === 'html' ? { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" } : {}),
    },
    body,
  };
}

const commonHeaders = {
  // The next request shall reach whoever has the port then.
  connection: 'close',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'access-control-allow-origin': '*',
  vary: 'accept, origin',
};

function preflightHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const asked = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  return {
    'access-control-allow-methods': 'GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS',
    'access-control-allow-headers': asked.filter((name) => headerName.test(name)).join(', '),
    'access-control-max-age': '0',
  };
}
