import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { admit } from './admission.ts';
import type { Config } from './config.ts';
import { answerCors, isPreflight, preflightHeaders } from './cors.ts';
import { forward } from './forward.ts';
import { requestIdOf } from './headers.ts';
import { ApiKeys } from './keys.ts';
import { refusals, refuse, refuseUpgrade } from './refusal.ts';
import { forwardUpgrade } from './upgrade.ts';

const maxHeaderBytes = 64 * 1024;

/** One port in front of the stack's services: routes, key rules, CORS, proxying. */
export class Gateway {
  readonly server: Server;
  readonly #config: Config;
  readonly #keys: ApiKeys;
  readonly #log: Logger;
  // Kept connections: the services are on the same machine, but a new connection still costs more than a request.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 32, timeout: 60_000 });
  readonly #joined = new Set<Duplex>();
  #draining = false;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#keys = new ApiKeys(config.keys);
    this.#log = log;
    this.server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        // An upload may take its time; a head may not.
        requestTimeout: 0,
        headersTimeout: 30_000,
        keepAliveTimeout: 65_000,
        // Clients that offer HTTP/2 in passing (h2c) get a plain answer. Node before 24.9 does not ask.
        shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
      },
      (request, response) => {
        this.#answer(request, response).catch((error: unknown) => {
          this.#log.error({ err: error }, 'answering failed');
          response.destroy();
        });
      },
    );
    this.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(request);
    // A connection that was busy when the drain began is idle only now.
    response.once('close', () => {
      if (this.#draining) setImmediate(() => this.server.closeIdleConnections());
    });
    if (this.#draining) return refuse(response, refusals.draining, requestId, answerCors(request.headers));
    if (request.url === '/health') return this.#health(response);
    const admission = admit(request, this.#keys);
    if (
      isPreflight(request.method, request.headers) &&
      !('refusal' in admission && admission.refusal === refusals.noRoute)
    ) {
      response.writeHead(200, { ...preflightHeaders(request.headers), 'x-request-id': requestId });
      response.end();
      return;
    }
    if ('refusal' in admission) {
      refuse(response, admission.refusal, requestId, { ...answerCors(request.headers), 'x-request-id': requestId });
      request.resume();
      return;
    }
    const { admitted } = admission;
    await forward({
      request,
      response,
      admitted,
      upstream: this.#config.upstreams[admitted.route.upstream],
      agent: this.#agent,
      requestId,
      log: this.#log,
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const requestId = requestIdOf(request);
    const admission = this.#draining ? { refusal: refusals.draining } : admit(request, this.#keys);
    if ('refusal' in admission) {
      socket.on('error', (error) => this.#log.debug({ err: error, requestId }, 'caller broke off'));
      refuseUpgrade(socket, admission.refusal, requestId);
      return;
    }
    const { admitted } = admission;
    forwardUpgrade({
      request,
      socket,
      head,
      admitted,
      upstream: this.#config.upstreams[admitted.route.upstream],
      requestId,
      log: this.#log,
      joined: (client, server) => {
        for (const end of [client, server]) {
          this.#joined.add(end);
          end.once('close', () => this.#joined.delete(end));
        }
      },
    });
  }

  #health(response: ServerResponse): void {
    const body = JSON.stringify({ status: 'ok', webSockets: this.#joined.size / 2 });
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }

  /** Takes nothing new, lets running requests finish within the limit, then ends what is left, WebSockets too. */
  async drain(limitMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    // A WebSocket has no end of its own; its client connects again elsewhere or later.
    for (const end of this.#joined) end.end();
    const timer = setTimeout(() => {
      for (const end of this.#joined) end.destroy();
      this.server.closeAllConnections();
    }, limitMs);
    await closed;
    clearTimeout(timer);
    this.#agent.destroy();
  }
}
