import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Answer } from '../answer/answer.ts';
import { errorAnswer } from '../answer/error-answer.ts';
import type { RawRequest } from '../service.ts';
import { unsupportedMethod } from './api-request.ts';

const internalError: Answer = {
  status: 500,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ code: 'XX000', details: null, hint: null, message: 'internal error' }),
};

function send(response: http.ServerResponse, answer: Answer, head: boolean): void {
  const body = head ? '' : answer.body;
  // 201 and the like need a length of 0, or node sends them chunked; 204 must not have one.
  const length = answer.status === 204 || head ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...answer.headers, ...length };
  if (answer.reason === undefined) response.writeHead(answer.status, headers);
  else response.writeHead(answer.status, answer.reason, headers);
  response.end(body);
}

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

const empty = Buffer.alloc(0);

/** The HTTP server of the service; a failure that nobody expected is logged and answered with 500. */
export function createRestServer(answer: (request: RawRequest) => Promise<Answer>, log: Logger): http.Server {
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const started = performance.now();
    try {
      const body = method === 'GET' || method === 'HEAD' ? empty : await readBody(request);
      const result = await answer({ method, url: request.url ?? '/', headers: request.headers, body });
      send(response, result, method === 'HEAD');
      log.debug({ method, status: result.status, ms: Math.round(performance.now() - started) }, 'answered');
    } catch (error) {
      // A client that went away while sending needs no answer and no alarm.
      if (request.destroyed && !request.complete) return;
      log.error({ err: error, method }, 'request failed');
      if (!response.headersSent) send(response, internalError, method === 'HEAD');
      else response.destroy();
    }
  };
  const server = http.createServer({ keepAliveTimeout: 65_000, maxHeaderSize: 65_536 }, (request, response) => {
    void handle(request, response);
  });
  server.on('clientError', refuseMalformed);
  return server;
}

/** Node refuses methods that it does not know before any handler sees them; they get PostgREST's answer all the same. */
function refuseMalformed(error: Error, socket: Duplex): void {
  if (!socket.writable) return;
  const unknownMethod = 'code' in error && error.code === 'HPE_INVALID_METHOD';
  const packet = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : '';
  const method = /^[A-Z]+(?= )/.exec(packet)?.[0];
  if (!unknownMethod || method === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const answer = errorAnswer(unsupportedMethod(method));
  const head = Object.entries({ ...answer.headers, 'content-length': String(answer.body.length), connection: 'close' });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 405 Method Not Allowed\r\n${lines}\r\n${answer.body}`);
}

/** `/live`: the process runs. `/ready`: it can answer from the database. */
export function createAdminServer(ready: () => boolean): http.Server {
  return http.createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const status = path === '/live' || (path === '/ready' && ready()) ? 200 : path === '/ready' ? 503 : 404;
    response.writeHead(status, { 'content-length': '0' }).end();
  });
}
