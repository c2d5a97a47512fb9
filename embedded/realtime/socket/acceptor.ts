import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { ChannelHost } from '../channel/channel-host.ts';
import { isTenantHost, policyHeaders } from '../http/request.ts';
import type { TenantSettings } from '../tenant-settings.ts';
import { connectText } from '../token/problem.ts';
import type { Identity, TokenVerifier } from '../token/verifier.ts';
import type { Vsn } from '../wire/message.ts';
import { Connection } from './connection.ts';

const heartbeatSweepMs = 5_000;
/** 1012 "service restart": clients come back by themselves. */
const restartCode = 1012;

type Accepted = { vsn: Vsn; identity: Identity };
type Refused = { status: number; error?: string; text?: string };

/** Turns upgrade requests into connections, or refuses them as the recorded server does (without its 2 s of delay). */
export class Acceptor {
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #verifier: TokenVerifier;
  readonly #host: ChannelHost;
  readonly #settings: TenantSettings;
  readonly #log: Logger;
  readonly #sweep: NodeJS.Timeout;

  constructor(parts: { verifier: TokenVerifier; host: ChannelHost; settings: TenantSettings; log: Logger }) {
    this.#verifier = parts.verifier;
    this.#host = parts.host;
    this.#settings = parts.settings;
    this.#log = parts.log;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: this.#settings.maxFrameBytes,
      perMessageDeflate: false,
    });
    this.#sweep = setInterval(() => {
      const now = Date.now();
      for (const connection of this.#connections) connection.checkHeartbeat(now);
    }, heartbeatSweepMs).unref();
  }

  get size(): number {
    return this.#connections.size;
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const onEarlyError = (error: Error): void => this.#log.debug({ err: error }, 'socket lost before its upgrade');
    socket.on('error', onEarlyError);
    const decision = await this.#decide(request);
    if (socket.destroyed) return;
    if ('status' in decision) {
      refuse(socket, decision);
      return;
    }
    socket.removeListener('error', onEarlyError);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection({
        socket: webSocket,
        ...decision,
        headers: policyHeaders(request),
        host: this.#host,
        settings: this.#settings,
        log: this.#log,
      });
      this.#connections.add(connection);
      webSocket.once('close', () => this.#connections.delete(connection));
    });
  }

  /** Tells everybody to come back later, and ends what does not answer within the limit. */
  async close(limitMs: number): Promise<void> {
    clearInterval(this.#sweep);
    for (const connection of this.#connections) connection.close(restartCode);
    const deadline = Date.now() + limitMs;
    while (this.#connections.size > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const connection of this.#connections) connection.terminate();
    this.#server.close();
  }

  async #decide(request: IncomingMessage): Promise<Accepted | Refused> {
    const url = new URL(request.url ?? '/', 'http://engine');
    if (url.pathname !== '/socket/websocket') return { status: 404, text: 'Not Found' };
    const vsn = url.searchParams.get('vsn') ?? '1.0.0';
    if (vsn !== '1.0.0' && vsn !== '2.0.0') return { status: 403 };
    if (!isTenantHost(request.headers.host, this.#settings.tenant)) return { status: 404, error: 'Tenant not found' };
    const header = request.headers['x-api-key'];
    const token = (typeof header === 'string' ? header : undefined) ?? url.searchParams.get('apikey');
    if (token === null || token === '') return { status: 401, error: 'API key is missing' };
    const result = await this.#verifier.verify(token);
    if (!result.ok) return { status: 401, error: connectText(result.problem) };
    if (this.#connections.size >= this.#settings.maxConcurrentUsers) {
      return { status: 429, error: 'Too many connected users' };
    }
    return { vsn, identity: result.identity };
  }
}

function refuse(socket: Duplex, { status, error, text }: Refused): void {
  const body = error === undefined ? (text ?? '') : JSON.stringify({ error });
  const type = error === undefined ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\n${body === '' ? '' : `content-type: ${type}\r\n`}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
