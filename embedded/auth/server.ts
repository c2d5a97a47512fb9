import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerHeaders, isPreflight, preflightHeaders } from './http/cors.ts';
import { Exchange } from './http/exchange.ts';
import { failureReply, wantsNewShape } from './http/failure-reply.ts';
import type { Reply } from './http/reply.ts';
import { findResource, handle } from './http/router.ts';
import { resources } from './routes/resources.ts';
import type { Service } from './service.ts';

/** The HTTP server over the service; not listening yet. */
export function createAuthServer(service: Service): Server {
  // Tokens carry the user's metadata: a head may be larger than Node's 16 KiB, as at the gateway.
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    answer(service, request, response).catch((error: unknown) => {
      service.log.error({ err: error }, 'answering failed');
      response.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;
  return server;
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  if (isPreflight(method, request.headers)) {
    send(response, { status: 204 }, preflightHeaders(request.headers, service.config.corsAllowedHeaders));
    return;
  }
  const started = performance.now();
  const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
  const reply = await reach(service, request, path, query);
  send(response, reply, answerHeaders(request.headers), method === 'HEAD');
  // A body that nobody read would be taken for the next request.
  if (!request.complete) request.resume();
  service.log.debug({ method, path, status: reply.status, ms: Math.round(performance.now() - started) }, 'request');
}

async function reach(service: Service, request: IncomingMessage, path: string, query: string): Promise<Reply> {
  try {
    const match = findResource(resources, path);
    return await handle(match, new Exchange(service, request, new URLSearchParams(query), match.params));
  } catch (error) {
    const version = request.headers['x-supabase-api-version'];
    const { reply, unexpected } = failureReply(error, wantsNewShape(Array.isArray(version) ? version[0] : version));
    if (unexpected) service.log.error({ err: error, path }, 'request failed');
    return reply;
  }
}

function send(response: ServerResponse, reply: Reply, headers: Record<string, string>, head = false): void {
  const text = typeof reply.body === 'string';
  const body = reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    ...(reply.body === undefined ? {} : { 'content-type': text ? 'text/plain; charset=utf-8' : 'application/json' }),
    ...(reply.status === 204 || reply.status === 304 ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...headers,
    ...reply.headers,
  });
  response.end(head ? undefined : body);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
