import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import WebSocket from 'ws';
import { z } from 'zod';
import { waitFor } from '../../support/wait.ts';
import type { Target } from './target.ts';

type Transport = NonNullable<NonNullable<SupabaseClientOptions<'public'>['realtime']>['transport']>;
/** supabase-js documents ws as a transport; the two declare the target of an event differently. */
const transportSchema = z.custom<Transport>((value) => typeof value === 'function');

/** A callback of supabase-js, as the recordings note it. */
export interface Callback {
  event: string;
  args: unknown[];
}

/** The unmodified supabase-js, pointed at a server without a gateway: only the gateway's paths are mapped. */
export class RecordedClient {
  readonly client: SupabaseClient;
  readonly #callbacks: Callback[] = [];
  readonly #sockets: WebSocket[] = [];

  constructor(
    target: Pick<Target, 'url' | 'tenantHost'>,
    key: string,
    options: { vsn?: '1.0.0' | '2.0.0'; accessToken?: string } = {},
  ) {
    const sockets = this.#sockets;
    const host = target.tenantHost;
    class DirectSocket extends WebSocket {
      constructor(address: string | URL) {
        super(String(address).replace('/realtime/v1/websocket', '/socket/websocket'), { headers: { Host: host } });
        sockets.push(this);
      }
    }
    this.client = createClient(target.url.origin, key, {
      // Given a token, supabase-js has no auth client of its own.
      ...(options.accessToken === undefined
        ? { auth: { persistSession: false, autoRefreshToken: false } }
        : { accessToken: async () => options.accessToken ?? null }),
      realtime: {
        transport: transportSchema.parse(DirectSocket),
        ...(options.vsn === undefined ? {} : { vsn: options.vsn }),
      },
      global: { fetch: (input, init) => fetch(String(input).replace('/realtime/v1/api', '/api'), init) },
    });
  }

  note(event: string, ...args: unknown[]): void {
    // JSON as the recorder wrote it: undefined becomes null, an ArrayBuffer its bytes.
    const text = JSON.stringify(args, (_, value: unknown) =>
      value instanceof ArrayBuffer ? { arraybuffer: Buffer.from(value).toString('hex') } : value,
    );
    this.#callbacks.push({ event, args: JSON.parse(text) });
  }

  /** Waits for the next callback of this name. */
  async take(event: string): Promise<Callback | undefined> {
    const find = (): Callback | undefined => {
      const index = this.#callbacks.findIndex((callback) => callback.event === event);
      return index < 0 ? undefined : this.#callbacks.splice(index, 1)[0];
    };
    return waitFor(find, { timeoutMs: 10_000, what: event }).catch(() => undefined);
  }

  leftovers(): Callback[] {
    return this.#callbacks.splice(0);
  }

  /** Ends the TCP connection without a word. */
  drop(): void {
    this.#sockets.at(-1)?.terminate();
  }

  async end(): Promise<void> {
    await this.client.removeAllChannels();
    await this.client.realtime.disconnect();
    for (const socket of this.#sockets) socket.terminate();
  }
}
