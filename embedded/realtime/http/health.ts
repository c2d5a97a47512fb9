import type { Pool } from 'pg';
import type { ReplicationStream } from '../replication/stream.ts';

const freshMs = 500;
const limitMs = 2_000;

/** The truth about the engine: a round trip to the database, not a memory of one. */
export class Health {
  readonly #pool: Pool;
  readonly #feed: ReplicationStream;
  readonly #sockets: () => number;
  #ready = false;
  #checked: { at: number; connected: boolean } = { at: 0, connected: false };

  constructor(pool: Pool, feed: ReplicationStream, sockets: () => number) {
    this.#pool = pool;
    this.#feed = feed;
    this.#sockets = sockets;
  }

  /** The schema is in place. */
  markReady(): void {
    this.#ready = true;
  }

  async report(): Promise<Record<string, unknown>> {
    const connected = await this.#databaseConnected();
    return {
      node: `realtime@${process.pid}`,
      region: 'local',
      replication_connected: this.#feed.live,
      healthy: this.#ready && connected && this.#feed.live,
      db_connected: connected,
      connected_cluster: this.#sockets(),
    };
  }

  async #databaseConnected(): Promise<boolean> {
    const now = Date.now();
    if (now - this.#checked.at < freshMs) return this.#checked.connected;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    const asked = this.#pool.query('select 1').then(
      () => true,
      () => false,
    );
    const connected = await Promise.race([asked, late]);
    clearTimeout(timer);
    this.#checked = { at: Date.now(), connected };
    return connected;
  }
}
