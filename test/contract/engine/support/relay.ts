import { createServer as createHttp, type Server as HttpServer, request as httpRequest } from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { EngineAddress } from './engine-process.ts';
import type { Frame, FrameLog } from './frame.ts';
import { methodOf } from './methods.ts';

/** A passive relay between one SDK client and the engine: passes everything on, and writes down what passes. */
export class Relay {
  readonly label: string;
  readonly #log: FrameLog;
  readonly #target: EngineAddress;
  readonly #grpc: http2.Http2Server;
  readonly #rest: HttpServer;
  readonly #sessions = new Set<http2.ServerHttp2Session>();
  readonly #upstreams = new WeakMap<http2.ServerHttp2Session, http2.ClientHttp2Session>();
  /** gRPC methods that are swallowed, to play a partition. */
  readonly drop = new Set<string>();

  constructor(label: string, target: EngineAddress, log: FrameLog) {
    this.label = label;
    this.#target = target;
    this.#log = log;
    this.#grpc = http2.createServer({ settings: { maxConcurrentStreams: 1000, initialWindowSize: 4 << 20 } });
    this.#grpc.on('sessionError', ignore);
    this.#grpc.on('session', (session) => this.#session(session));
    this.#grpc.on('stream', (stream, headers) => this.#call(stream, headers));
    this.#rest = createHttp((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#http(request, response, Buffer.concat(chunks)));
    });
  }

  async listen(): Promise<{ hostPort: string; apiUrl: string }> {
    await new Promise<void>((resolve) => this.#grpc.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => this.#rest.listen(0, '127.0.0.1', resolve));
    return { hostPort: `127.0.0.1:${portOf(this.#grpc)}`, apiUrl: `http://127.0.0.1:${portOf(this.#rest)}` };
  }

  /** Breaks every connection; new ones are taken at once. */
  cut(): void {
    for (const session of this.#sessions) session.destroy();
  }

  close(): void {
    this.cut();
    this.#grpc.close();
    this.#rest.closeAllConnections();
    this.#rest.close();
  }

  #write(frame: Omit<Frame, 'conn' | 't_ms'>): void {
    this.#log.write({ conn: this.label, ...frame });
  }

  #session(session: http2.ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('error', ignore);
    const upstream = http2.connect(`http://${this.#target.hostPort}`, {
      settings: { initialWindowSize: 4 << 20, enablePush: false },
    });
    this.#upstreams.set(session, upstream);
    upstream.on('error', () => session.destroy());
    upstream.on('close', () => session.destroy());
    session.on('close', () => {
      this.#sessions.delete(session);
      upstream.destroy();
    });
  }

  #call(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
    stream.on('error', ignore);
    const path = String(headers[':path']);
    const method = methodOf(path);
    const upstream =
      stream.session === undefined ? undefined : this.#upstreams.get(stream.session as http2.ServerHttp2Session);
    if (upstream === undefined || upstream.destroyed || method === undefined) {
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    if (this.drop.has(method.name)) {
      stream.resume();
      return;
    }
    const id = this.#log.nextId();
    const write = (frame: Pick<Frame, 'dir' | 'frame' | 'status'>): void =>
      this.#write({ kind: 'grpc', method: path.slice(1), call_id: id, ...frame });
    const forwarded: http2.OutgoingHttpHeaders = { ...headers, ':authority': this.#target.hostPort };
    delete forwarded.host;
    delete forwarded.connection;
    const call = upstream.request(forwarded, { endStream: false });
    call.on('error', () => stream.close(http2.constants.NGHTTP2_CANCEL));

    const out = messages((body) => write({ dir: 'out', frame: method.request(body) }));
    stream.on('data', (chunk: Buffer) => {
      out(chunk);
      if (!call.write(chunk)) {
        stream.pause();
        call.once('drain', () => stream.resume());
      }
    });
    stream.on('end', () => call.end());
    stream.on('close', () => call.close(http2.constants.NGHTTP2_CANCEL));

    const status = (trailers: http2.IncomingHttpHeaders): void => {
      const code = trailers['grpc-status'];
      if (code !== undefined && (Number(code) !== 0 || method.streaming))
        write({
          dir: 'in',
          status: { code: Number(code), message: decodeURIComponent(String(trailers['grpc-message'] ?? '')) },
        });
    };
    let trailers: http2.IncomingHttpHeaders = {};
    call.on('response', (response, flags) => {
      const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (endStream) status(response);
      if (stream.destroyed) return;
      stream.respond(response, { endStream, waitForTrailers: !endStream });
      stream.on('wantTrailers', () => stream.sendTrailers(plain(trailers)));
    });
    call.on('trailers', (received) => {
      trailers = received;
      status(received);
    });
    const back = messages((body) => write({ dir: 'in', frame: method.response(body) }));
    call.on('data', (chunk: Buffer) => {
      back(chunk);
      if (!stream.destroyed && !stream.write(chunk)) {
        call.pause();
        stream.once('drain', () => call.resume());
      }
    });
    call.on('end', () => stream.end());
    call.on('close', () => {
      if (call.rstCode !== 0 && !stream.destroyed) stream.close(call.rstCode);
    });
  }

  #http(
    request: import('node:http').IncomingMessage,
    response: import('node:http').ServerResponse,
    body: Buffer,
  ): void {
    const method = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    const id = this.#log.nextId();
    const { hostname, port } = new URL(this.#target.apiUrl);
    this.#write({ dir: 'out', kind: 'http', method, call_id: id, frame: { body: parse(body) } });
    const call = httpRequest(
      {
        hostname,
        port,
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers: { ...request.headers, host: `${hostname}:${port}` },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks);
          this.#write({
            dir: 'in',
            kind: 'http',
            method,
            call_id: id,
            frame: { status: answer.statusCode, body: parse(text) },
          });
          response.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
        });
      },
    );
    call.on('error', () => response.destroy());
    call.end(body);
  }
}

const ignore = (): void => {};

const portOf = (server: { address(): string | AddressInfo | null }): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return address.port;
};

const plain = (headers: http2.IncomingHttpHeaders): http2.OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));

const parse = (body: Buffer): unknown => {
  const text = body.toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Cuts a byte stream into gRPC messages: a flag byte, a length, the body (gzip when the flag is set). */
const messages = (take: (body: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const length = rest.readUInt32BE(1);
      if (rest.length < 5 + length) return;
      const body = rest.subarray(5, 5 + length);
      take(rest[0] === 1 ? gunzipSync(body) : body);
      rest = rest.subarray(5 + length);
    }
  };
};
