import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Logger } from 'pino';
import type { DatabaseAddress } from '../env.ts';
import { type Output, PgoutputReader } from './pgoutput.ts';
import { parseWalMessage, standbyStatus } from './standby-status.ts';

/** Who uses a stream. `up` comes with every new slot: what was committed before it, since the last `down`, is not in it. */
export interface StreamListener {
  output(output: Output): void;
  up(): void;
  down(): void;
}

const retryMs = { first: 25, max: 1_000 };
const statusEveryMs = 10_000;
/** wal_sender_timeout is 60 s and a keepalive comes at half of it: longer silence is a dead connection. */
const silenceMs = 90_000;

/**
 * A logical replication connection on a temporary slot that is opened again, quickly, whenever it ends. Values are written
 * with fixed settings (UTC, ISO dates, hex bytea) whatever the database's own are.
 */
export class ReplicationStream {
  readonly #address: DatabaseAddress;
  readonly #publication: string;
  readonly #listener: StreamListener;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  #live = false;

  constructor(address: DatabaseAddress, publication: string, listener: StreamListener, log: Logger) {
    this.#address = address;
    this.#publication = publication;
    this.#listener = listener;
    this.#log = log.child({ publication });
  }

  get live(): boolean {
    return this.#live;
  }

  /** Starts it once; later calls do nothing. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves true as soon as a slot is streaming, false after the limit. */
  async waitLive(limitMs: number): Promise<boolean> {
    if (this.#live) return true;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), timeout]);
    clearTimeout(timer);
    return this.#live;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#client?.connection.stream.destroy();
    await this.#running;
  }

  async #run(): Promise<void> {
    let delayMs = retryMs.first;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#session();
        this.#log.info('replication stream ended');
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#log.warn({ err: error }, 'replication stream failed');
      }
      if (this.#live) {
        this.#live = false;
        delayMs = retryMs.first;
        if (!this.#stop.signal.aborted) this.#listener.down();
      }
      await pause(delayMs, this.#stop.signal);
      delayMs = Math.min(delayMs * 2, retryMs.max);
    }
  }

  async #session(): Promise<void> {
    const config: pg.ClientConfig & { replication: 'database' } = {
      ...this.#address,
      replication: 'database',
      application_name: 'realtime_replication',
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
      options:
        '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1 -c statement_timeout=0',
    };
    const client = new pg.Client(config);
    this.#client = client;
    const failed = new Promise<never>((_, reject) => {
      client.on('error', reject);
    });
    // The session below is raced against it; alone it must not count as unhandled.
    failed.catch(() => undefined);
    const timers: NodeJS.Timeout[] = [];
    try {
      await client.connect();
      if (this.#stop.signal.aborted) return;
      const slot = `sfp_realtime_${process.pid}_${randomBytes(4).toString('hex')}`;
      await client.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')`);
      await Promise.race([this.#stream(client, slot, timers), failed]);
    } finally {
      for (const timer of timers) clearInterval(timer);
      client.connection.stream.destroy();
    }
  }

  async #stream(client: pg.Client, slot: string, timers: NodeJS.Timeout[]): Promise<void> {
    const reader = new PgoutputReader();
    const { connection } = client;
    let position = 0n;
    let heardAt = Date.now();
    const acknowledge = (): void => {
      connection.stream.write(standbyStatus(position, Date.now()));
    };
    connection.once('replicationStart', () => {
      this.#live = true;
      this.#log.info({ slot }, 'replication stream is live');
      for (const resolve of this.#waiting.splice(0)) resolve();
      this.#listener.up();
    });
    connection.on('copyData', ({ chunk }: { chunk: Buffer }) => {
      heardAt = Date.now();
      const message = parseWalMessage(chunk);
      if (message === undefined) return;
      if (message.position > position) position = message.position;
      if (message.kind === 'keepalive') {
        acknowledge();
        return;
      }
      try {
        const output = reader.read(message.body);
        if (output !== undefined) this.#listener.output(output);
      } catch (error) {
        // What was lost here nobody would learn: a new slot makes the listener tell its channels.
        connection.stream.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    timers.push(
      setInterval(() => {
        if (Date.now() - heardAt > silenceMs) connection.stream.destroy(new Error('no word from the walsender'));
        else if (position > 0n) acknowledge();
      }, statusEveryMs),
    );
    await client.query(
      `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '"${this.#publication}"')`,
    );
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
