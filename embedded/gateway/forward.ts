import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import type { Admitted } from './admission.ts';
import { answerCors } from './cors.ts';
import { answerHeaders, upstreamHeaders } from './headers.ts';
import { type Refusal, refusals, refuse } from './refusal.ts';

export interface Forwarding {
  request: IncomingMessage;
  response: ServerResponse;
  admitted: Admitted;
  upstream: URL;
  agent: Agent;
  requestId: string;
  log: Logger;
}

class TooLarge extends Error {}

/** Passes a request on and its answer back, both as streams: nothing is collected, and a slow side slows the other. */
export async function forward(forwarding: Forwarding): Promise<void> {
  const { request, response, admitted, requestId, log } = forwarding;
  const cors = { ...answerCors(request.headers), 'x-request-id': requestId };
  if (Number(request.headers['content-length'] ?? 0) > admitted.route.bodyLimitBytes) {
    refuse(response, refusals.bodyTooLarge, requestId, cors);
    request.resume();
    return;
  }
  const callerGone = new AbortController();
  response.once('close', () => callerGone.abort());
  try {
    const answer = await exchange(forwarding, callerGone.signal);
    response.writeHead(answer.statusCode ?? 502, { ...answerHeaders(answer.headers), ...exposed(answer, cors) });
    await pipeline(answer, response);
  } catch (error) {
    if (callerGone.signal.aborted && response.destroyed) return;
    const refusal = refusalFor(error);
    if (refusal !== refusals.bodyTooLarge)
      log.warn({ err: error, route: admitted.route.name, status: refusal.status, requestId }, 'upstream failed');
    // What is still being sent is not waited for.
    refuse(response, refusal, requestId, request.complete ? cors : { ...cors, connection: 'close' });
    request.resume();
  }
}

/** What the upstream exposes stays exposed; ours are added. */
function exposed(answer: IncomingMessage, cors: Record<string, string>): Record<string, string> {
  const theirs = answer.headers['access-control-expose-headers'];
  const ours = cors['access-control-expose-headers'];
  if (theirs === undefined || ours === undefined) return cors;
  return { ...cors, 'access-control-expose-headers': `${theirs}, ${ours}` };
}

async function exchange(forwarding: Forwarding, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = forwarding;
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  const first = attempt(forwarding, signal, hasBody);
  if (hasBody || (request.method !== 'GET' && request.method !== 'HEAD')) return (await first).answer;
  try {
    return (await first).answer;
  } catch (error) {
    // The upstream closed a kept connection just as it was used again: nobody has seen the request.
    if (error instanceof StaleConnection) return (await attempt(forwarding, signal, false)).answer;
    throw error;
  }
}

class StaleConnection extends Error {}
class Silent extends Error {}

function attempt(forwarding: Forwarding, signal: AbortSignal, hasBody: boolean): Promise<{ answer: IncomingMessage }> {
  const { request, admitted, upstream, agent, requestId } = forwarding;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      agent,
      host: upstream.hostname,
      port: upstream.port,
      method: request.method ?? 'GET',
      path: admitted.target,
      headers: upstreamHeaders(request, admitted, requestId, upstream),
      signal,
      timeout: admitted.route.silenceMs,
      maxHeaderSize: 64 * 1024,
    });
    outgoing.once('response', (answer) => resolve({ answer }));
    outgoing.once('timeout', () => outgoing.destroy(new Silent('no word from the upstream')));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        outgoing.reusedSocket && error.code === 'ECONNRESET'
          ? new StaleConnection(error.message, { cause: error })
          : error,
      );
    });
    if (!hasBody) outgoing.end();
    else sendBody(request, limiter(admitted.route.bodyLimitBytes), outgoing);
  });
}

/** An upstream may answer before it has read everything: that ends the sending, not the caller's connection. */
function sendBody(request: IncomingMessage, limit: Transform, outgoing: ClientRequest): void {
  limit.once('error', (error) => outgoing.destroy(error));
  outgoing.once('close', () => {
    request.unpipe(limit);
    request.resume();
  });
  request.pipe(limit).pipe(outgoing);
}

function limiter(limitBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limitBytes) done(new TooLarge('the body is too large'));
      else done(null, chunk);
    },
  });
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ENOENT']);

function refusalFor(error: unknown): Refusal {
  if (error instanceof TooLarge) return refusals.bodyTooLarge;
  if (error instanceof Silent) return refusals.silent;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && unreachable.has(code) ? refusals.away : refusals.brokeOff;
}
