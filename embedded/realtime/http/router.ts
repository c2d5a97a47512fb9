import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { TenantSettings } from '../tenant-settings.ts';
import type { TokenVerifier } from '../token/verifier.ts';
import type { BroadcastApi } from './broadcast-api.ts';
import type { Health } from './health.ts';
import { type Answer, BodyTooLarge, isTenantHost, notFound, send, tokenOf } from './request.ts';

type Handler = (request: IncomingMessage, match: RegExpExecArray, url: URL) => Promise<Answer> | Answer;

/** Everything over HTTP but the WebSocket itself. Unlike the original there is no tenant administration and no page. */
export class Router {
  readonly #routes: { method: RegExp; path: RegExp; tenant: boolean; handle: Handler }[];
  readonly #settings: TenantSettings;
  readonly #verifier: TokenVerifier;
  readonly #health: Health;
  readonly #log: Logger;

  constructor(parts: {
    settings: TenantSettings;
    verifier: TokenVerifier;
    health: Health;
    broadcast: BroadcastApi;
    log: Logger;
  }) {
    this.#settings = parts.settings;
    this.#verifier = parts.verifier;
    this.#health = parts.health;
    this.#log = parts.log;
    const { broadcast } = parts;
    const get = /^(GET|HEAD)$/;
    this.#routes = [
      { method: get, path: /^\/healthcheck$/, tenant: false, handle: () => ok('ok') },
      {
        method: get,
        path: /^\/api\/tenants\/([^/]+)\/health$/,
        tenant: false,
        handle: (r, m) => this.#report(r, m[1]),
      },
      {
        method: /./,
        path: /^\/(api\/tenants|api\/openapi|metrics)(\/|$)/,
        tenant: false,
        handle: () => ({ status: 403 }),
      },
      {
        method: get,
        path: /^\/api\/ping$/,
        tenant: true,
        handle: () => ({ status: 200, body: { message: 'Success' } }),
      },
      { method: /^POST$/, path: /^\/api\/broadcast$/, tenant: true, handle: (r) => broadcast.batch(r) },
      {
        method: /^POST$/,
        path: /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/,
        tenant: true,
        handle: (r, m, url) => broadcast.single(r, decode(m[1]), decode(m[2]), url.searchParams),
      },
      { method: get, path: /^\/socket\/websocket$/, tenant: false, handle: notUpgraded },
    ];
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, await this.#answer(request));
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        response.setHeader('connection', 'close');
        send(response, {
          status: 422,
          body: { errors: { messages: [{ payload: ['Payload size exceeds tenant limit'] }] } },
        });
        return;
      }
      this.#log.error({ err: error, path: request.url?.split('?')[0] }, 'request failed');
      send(response, { status: 500, body: { message: 'Internal error' } });
    }
  }

  #answer(request: IncomingMessage): Promise<Answer> | Answer {
    const url = new URL(request.url ?? '/', 'http://engine');
    for (const route of this.#routes) {
      const match = route.path.exec(url.pathname);
      if (match === null || !route.method.test(request.method ?? '')) continue;
      if (route.tenant && !isTenantHost(request.headers.host, this.#settings.tenant)) {
        return { status: 401, body: { message: 'Tenant not found in database' } };
      }
      return route.handle(request, match, url);
    }
    return notFound;
  }

  async #report(request: IncomingMessage, tenant: string | undefined): Promise<Answer> {
    const token = tokenOf(request);
    const verified = token === undefined ? undefined : await this.#verifier.verify(token);
    if (!verified?.ok) return { status: 403 };
    if (tenant !== this.#settings.tenant) return { status: 404, body: { message: 'not found' } };
    return { status: 200, body: { data: await this.#health.report() } };
  }
}

const ok = (text: string): Answer => ({ status: 200, body: text, contentType: 'text/plain; charset=utf-8' });

const notUpgraded: Handler = (request) => ({
  status: 400,
  body: `'connection' header must contain 'upgrade', got ["${request.headers.connection ?? 'keep-alive'}"]`,
});

const decode = (text: string | undefined): string => {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return text ?? '';
  }
};
