import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Admitted } from './admission.ts';

// RFC 9110, 7.6.1: these belong to one connection and are never passed on.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);
// Only the gateway says where a request came from: what a caller claims about it is dropped.
const spoofable =
  /^(?:x-forwarded-|x-real-ip$|forwarded$|x-client-ip$|sb-forwarded-for$|true-client-ip$|cf-connecting-ip$|x-consumer-|x-api-key$)/;
const requestIdPattern = /^[\w.:-]{8,128}$/;

/** The caller's request id when it is a usable one, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}

/** Headers for the upstream. */
export function upstreamHeaders(
  request: IncomingMessage,
  admitted: Admitted,
  requestId: string,
  upstream: URL,
): OutgoingHttpHeaders {
  const { key, authorization, route } = admitted;
  const headers = passedOn(
    request.headers,
    (name) => !spoofable.test(name) && name !== 'apikey' && name !== 'authorization',
  );
  const address = addressOf(request, key);
  return {
    ...headers,
    host: upstream.host,
    'x-forwarded-for': address,
    'x-real-ip': address,
    'x-forwarded-proto': 'http',
    ...(request.headers.host === undefined ? {} : { 'x-forwarded-host': request.headers.host }),
    'x-forwarded-port': String(request.socket.localPort ?? ''),
    'x-forwarded-path': (request.url ?? '/').split('?')[0],
    ...(route.upstreamPath === undefined ? {} : { 'x-forwarded-prefix': route.path }),
    'x-request-id': requestId,
    ...(authorization === undefined ? {} : { authorization }),
    // Backends know JWTs only: in place of an opaque key they get what it stands for.
    ...(key === undefined ? {} : { apikey: key.jwt }),
    ...(key !== undefined && route.queryKey === 'translate' ? { 'x-api-key': key.jwt } : {}),
  };
}

/** Who holds the secret key is a server of ours, and says for whom it asks: limits by address hold for that one. */
function addressOf(request: IncomingMessage, key: Admitted['key']): string {
  const claimed = key?.group === 'admin' ? [request.headers['x-forwarded-for'] ?? []].flat().join(',') : '';
  const last = claimed.split(',').at(-1)?.trim() ?? '';
  return isIP(last) > 0 ? last : (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** Headers for the caller. */
export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  // The gateway answers for other origins itself; two answers would contradict each other.
  return passedOn(
    headers,
    (name) =>
      name !== 'access-control-allow-origin' && name !== 'access-control-allow-credentials' && name !== 'x-request-id',
  );
}

function passedOn(headers: IncomingHttpHeaders, keep: (name: string) => boolean): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => value !== undefined && !hopByHop.has(name) && !named.has(name) && keep(name),
    ),
  );
}
