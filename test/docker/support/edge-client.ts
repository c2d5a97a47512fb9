import { request } from 'node:https';
import { docker } from './docker.ts';

export interface EdgeAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/**
 * A client out in the world: it knows the domain and trusts the authority that signed for it, and is led to the port that
 * the engine gave the edge. A certificate of another name or authority fails the request.
 */
export class EdgeClient {
  readonly #container: string;
  readonly #domain: string;
  #authority: string | undefined;

  constructor(tenant: string, domain: string) {
    this.#container = `sfp-${tenant}-edge-1`;
    this.#domain = domain;
  }

  /** For the clients that take one; the origin of the URL is the domain's. */
  fetch: typeof fetch = async (input, init) => {
    const asked = new Request(input, init);
    const { pathname, search } = new URL(asked.url);
    const answer = await this.ask(pathname + search, {
      method: asked.method,
      headers: Object.fromEntries(asked.headers),
      body: await asked.text(),
    });
    const hasBody = ![204, 304].includes(answer.status);
    return new Response(hasBody ? answer.body : null, { status: answer.status, headers: answer.headers });
  };

  async ask(
    path: string,
    {
      method = 'GET',
      headers = {},
      body = '',
    }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<EdgeAnswer> {
    const [port, ca] = await Promise.all([this.#port(), this.#trusted()]);
    return new Promise((resolve, reject) => {
      const call = request(
        {
          ...{ host: '127.0.0.1', port, servername: this.#domain, ca, method, path, agent: false },
          headers: {
            ...headers,
            host: this.#domain,
            ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }),
          },
        },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array));
          const given = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          );
          resolve({
            status: response.statusCode ?? 0,
            headers: new Headers(given),
            body: Buffer.concat(chunks).toString('utf8'),
          });
        },
      );
      call.once('error', reject);
      call.end(body);
    });
  }

  /** Asked each time: a container that is made anew has another. */
  async #port(): Promise<number> {
    const [first = ''] = (await docker(['port', this.#container, '443/tcp'])).split('\n');
    return Number(first.slice(first.lastIndexOf(':') + 1));
  }

  async #trusted(): Promise<string> {
    this.#authority ??= await docker(['exec', this.#container, 'cat', '/data/caddy/pki/authorities/local/root.crt']);
    return this.#authority;
  }
}
