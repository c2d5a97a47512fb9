import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import type https from 'node:https';
import { curlMessage, failed, messageOf, type Outcome } from './outcome.ts';
import { buildMessage, type Message, type QueuedRequest } from './request.ts';
import { latin1, parseTarget, type Target } from './target.ts';

// libcurl's default since 8.3.
const maxRedirects = 30;
// pg_net has no limit; one answer must not be able to end the process that everybody's requests go through.
const maxBodyBytes = 64 * 1024 * 1024;
const redirectStatus = new Set([301, 302, 303, 307, 308]);
const becomesGet = new Set([301, 302, 303]);

/** Connections kept open between requests; ended together with the worker. */
export interface Connections {
  plain: http.Agent;
  secure(): Promise<https.Agent>;
  destroy(): void;
}

export function openConnections(): Connections {
  const options = { keepAlive: true, maxFreeSockets: 32, timeout: 30_000 };
  const plain = new http.Agent({ ...options });
  let secure: https.Agent | undefined;
  return {
    plain,
    // TLS costs several megabytes of certificates: not before the first https request.
    secure: async () => {
      const { Agent } = await import('node:https');
      secure ??= new Agent({ ...options });
      return secure;
    },
    destroy: () => {
      plain.destroy();
      secure?.destroy();
    },
  };
}

interface Timing {
  startedAt: number;
  lookupAt: number | undefined;
  connectedAt: number | undefined;
}

/** Sends one queued request, follows its redirects, and never throws: every end is an outcome. */
export async function exchange(request: QueuedRequest, connections: Connections): Promise<Outcome> {
  if (!request.headers_valid) return failed('headers must be a JSON object');
  const timing: Timing = { startedAt: performance.now(), lookupAt: undefined, connectedAt: undefined };
  const timeoutMs = request.timeout_milliseconds;
  const abort = new AbortController();
  const timer = timeoutMs > 0 ? setTimeout(() => abort.abort(), timeoutMs) : undefined;
  try {
    return await follow(request, connections, timing, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return failed(timeoutText(timeoutMs, timing), true);
    return failed(messageOf(error));
  } finally {
    clearTimeout(timer);
  }
}

async function follow(
  request: QueuedRequest,
  connections: Connections,
  timing: Timing,
  signal: AbortSignal,
): Promise<Outcome> {
  let url = request.url;
  let method = request.method;
  let body = request.body;
  let firstOrigin: string | undefined;
  let firstHeaders: Record<string, string> | undefined;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const target = parseTarget(url);
    if (target === null) return failed(curlMessage.unsupportedProtocol);
    firstOrigin ??= target.origin;
    const message = buildMessage({
      request,
      method,
      body,
      host: target.host,
      basicAuth: target.basicAuth,
      foreign: target.origin !== firstOrigin,
    });
    const { response, content } = await sendWithRetry(target, message, connections, timing, signal);
    // pg_net keeps the headers of the first answer, whatever comes after it.
    firstHeaders ??= headersOf(response);
    const location = response.headers.location;
    const statusCode = response.statusCode ?? 0;
    if (location === undefined || !redirectStatus.has(statusCode)) {
      return {
        statusCode,
        contentType: response.headers['content-type'] ?? null,
        headers: firstHeaders,
        content: textOf(content),
        timedOut: false,
        errorMsg: null,
      };
    }
    if (method === 'POST' && becomesGet.has(statusCode)) {
      method = 'GET';
      body = null;
    }
    url = URL.parse(location, url)?.href ?? location;
  }
  return failed(curlMessage.tooManyRedirects);
}

/** A kept connection that the peer closed meanwhile is not the request's failure: once more on a new one, as curl does. */
async function sendWithRetry(...args: Parameters<typeof send>): ReturnType<typeof send> {
  try {
    return await send(...args);
  } catch (error) {
    if (error instanceof StaleConnection) return send(...args);
    throw error;
  }
}

class StaleConnection extends Error {}

async function send(
  target: Target,
  message: Message,
  connections: Connections,
  timing: Timing,
  signal: AbortSignal,
): Promise<{ response: IncomingMessage; content: Buffer }> {
  const agent = target.secure ? await connections.secure() : connections.plain;
  const request = (target.secure ? (await import('node:https')).request : http.request)({
    agent,
    hostname: target.hostname,
    port: target.port,
    path: target.path,
    method: message.method,
    setHost: false,
    signal,
  });
  try {
    for (const [name, value] of message.headers) {
      request.setHeader(latin1(name), Array.isArray(value) ? value.map(latin1) : latin1(value));
    }
    if (!request.hasHeader('connection')) request.removeHeader('connection');
  } catch (error) {
    request.destroy();
    request.on('error', () => undefined);
    throw error;
  }
  stamp(request, target.secure, timing);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', (error) => {
      const stale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET' && !signal.aborted;
      reject(stale ? new StaleConnection('the kept connection was closed', { cause: error }) : error);
    });
    request.end(message.body ?? undefined);
  });
  return { response, content: await bodyOf(response) };
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error(curlMessage.tooLarge);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Postgres text holds neither NUL nor broken UTF-8: cut at the first NUL, mark what is not UTF-8, NULL when empty. */
function textOf(content: Buffer): string | null {
  const end = content.indexOf(0);
  const text = (end < 0 ? content : content.subarray(0, end)).toString('utf8');
  return text === '' ? null : text;
}

/** Names keep their case; of a repeated name the last value stays. */
function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    const name = response.rawHeaders[index] ?? '';
    headers[name] = Buffer.from(response.rawHeaders[index + 1] ?? '', 'latin1').toString('utf8');
  }
  return headers;
}

function stamp(request: ClientRequest, secure: boolean, timing: Timing): void {
  request.once('socket', (socket) => {
    if (request.reusedSocket) {
      timing.lookupAt ??= performance.now();
      timing.connectedAt ??= performance.now();
      return;
    }
    socket.once('lookup', () => {
      timing.lookupAt ??= performance.now();
    });
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      timing.lookupAt ??= timing.startedAt;
      timing.connectedAt ??= performance.now();
    });
  });
}

function timeoutText(timeoutMs: number, { startedAt, lookupAt, connectedAt }: Timing): string {
  const now = performance.now();
  const ms = (from: number, to: number): string => Math.max(0, to - from).toFixed(6);
  const lookedUp = lookupAt ?? connectedAt ?? startedAt;
  return (
    `Timeout of ${timeoutMs} ms reached. Total time: ${ms(startedAt, now)} ms ` +
    `(DNS time: ${ms(startedAt, lookedUp)} ms, TCP/SSL handshake time: ${ms(lookedUp, connectedAt ?? now)} ms, ` +
    `HTTP Request/Response time: ${ms(connectedAt ?? now, now)} ms)`
  );
}
