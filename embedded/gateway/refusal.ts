import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** An answer of the gateway itself. */
export interface Refusal {
  status: number;
  message: string;
  headers?: Record<string, string>;
}

export const refusals = {
  noRoute: { status: 404, message: 'no Route matched with those values' },
  badTarget: { status: 400, message: 'Bad request target' },
  noKey: { status: 401, message: 'No API key found in request', headers: { 'www-authenticate': 'Key' } },
  unknownKey: { status: 401, message: 'Invalid authentication credentials', headers: { 'www-authenticate': 'Key' } },
  wrongGroup: { status: 403, message: 'You cannot consume this service' },
  closed: { status: 403, message: 'Access is forbidden' },
  bodyTooLarge: { status: 413, message: 'Request body too large', headers: { connection: 'close' } },
  draining: { status: 503, message: 'The gateway is stopping', headers: { 'retry-after': '1', connection: 'close' } },
  // Nothing was sent, so that it is safe to try again: supabase-js does so for reads, after 1, 2 and 4 s.
  away: { status: 503, message: 'The upstream server is not reachable', headers: { 'retry-after': '1' } },
  brokeOff: { status: 502, message: 'An invalid response was received from the upstream server' },
  silent: { status: 504, message: 'The upstream server is timing out' },
} as const satisfies Record<string, Refusal>;

const bodyOf = (refusal: Refusal, requestId: string): string =>
  JSON.stringify({ message: refusal.message, request_id: requestId });

/** Answers a request; when an answer has begun already, all that is left is to break it off. */
export function refuse(
  response: ServerResponse,
  refusal: Refusal,
  requestId: string,
  extra: Record<string, string> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = bodyOf(refusal, requestId);
  response.writeHead(refusal.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...extra,
    ...refusal.headers,
  });
  response.end(body);
}

const reasons: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Answers an upgrade request that will not become a WebSocket. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal, requestId: string): void {
  const body = bodyOf(refusal, requestId);
  const headers = Object.entries({ ...refusal.headers, 'x-request-id': requestId }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(
    `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? 'Error'}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n${headers.join('')}\r\n${body}`,
  );
}
