import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import WebSocket from 'ws';
import { waitFor } from '../../support/wait.ts';
import { type Observed, observeBinary, observeText } from './observed.ts';

/** A plain WebSocket that keeps what arrived until somebody takes it. */
export class WireClient {
  readonly #socket: WebSocket;
  readonly #opened: Promise<unknown>;
  readonly #queue: Observed[] = [];
  #closed: Observed | undefined;

  constructor(url: string, headers: Record<string, string>) {
    this.#socket = new WebSocket(url, { headers, perMessageDeflate: false, maxPayload: 0 });
    this.#socket.on('message', (data: Buffer, isBinary) => {
      this.#queue.push(isBinary ? observeBinary(data) : observeText(data.toString()));
    });
    this.#socket.on('close', (code, reason) => {
      this.#closed = { key: 'close', value: { code, reason: reason.toString() }, size: 0 };
    });
    this.#socket.on('error', () => undefined);
    this.#opened = new Promise((resolve) => {
      this.#socket.once('open', () => resolve('101 Switching Protocols'));
      this.#socket.once('unexpected-response', (attempt, response) => resolve(readRefusal(attempt, response)));
    });
  }

  /** `101 Switching Protocols`, or the refusal. */
  opened(): Promise<unknown> {
    return this.#opened;
  }

  send(data: string | Buffer): void {
    this.#socket.send(data);
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  /** Stops reading, as a stuck client does. */
  pause(): void {
    this.#socket.pause();
  }

  /** Ends the TCP connection without a word. */
  drop(): void {
    this.#socket.terminate();
  }

  /** The oldest frame with this key; undefined when none comes within the limit. */
  async take(expected: Observed, limitMs: number): Promise<Observed | undefined> {
    const find = (): Observed | undefined => {
      if (expected.key === 'close') return this.#closed;
      const index = this.#queue.findIndex(({ key }) => matches(expected.key, key));
      return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
    };
    return waitFor(find, { timeoutMs: limitMs, what: expected.key }).catch(() => undefined);
  }

  /** What arrived and was not recorded. */
  leftovers(): Observed[] {
    return this.#queue.splice(0);
  }
}

const matches = (expected: string, actual: string): boolean => {
  if (!expected.includes('"*"')) return expected === actual;
  const event = (key: string): unknown => JSON.parse(key)[1];
  return event(expected) === event(actual);
};

async function readRefusal(attempt: ClientRequest, response: IncomingMessage): Promise<unknown> {
  const body = await readAll(response);
  attempt.destroy();
  const type = response.headers['content-type'];
  return { status: response.statusCode, ...(type === undefined ? {} : { content_type: type }), body };
}

async function readAll(response: IncomingMessage): Promise<string> {
  let body = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  await once(response, 'end');
  return body;
}

/** Without keep-alive the server would be told `connection: close`, which the recordings do not have. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** One HTTP request with any Host header; gives status, body and content type. */
export async function sendHttp(
  base: URL,
  method: string,
  path: string,
  headers: Record<string, string | number>,
  body: string | Buffer | undefined,
): Promise<unknown> {
  const outgoing = request({ host: base.hostname, port: base.port, method, path, headers, agent });
  outgoing.end(body);
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  if (response === undefined) throw new Error('no response');
  const text = await readAll(response);
  return { status: response.statusCode, contentType: response.headers['content-type'], body: text };
}
