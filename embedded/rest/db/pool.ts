import type { BatchRows, Statement } from './batch.ts';
import { ConnectionLost, DatabaseError } from './batch.ts';
import { Session } from './session.ts';

interface Waiting {
  give: (session: Session) => void;
  refuse: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** No connection became free in time. */
export class PoolTimeout extends Error {
  constructor() {
    super('timed out waiting for a connection');
    this.name = 'PoolTimeout';
  }
}

// PostgREST retries these for ever, which lets one caller hold a connection until somebody ends it.
const retried = new Map([
  ['40001', 5],
  ['40P01', 5],
  // Somebody's function deallocated our statements; nothing of the request was kept.
  ['26000', 1],
]);

/** Connections to the database, opened when needed, closed when idle for long. One request at a time on each. */
export class Pool {
  readonly #databaseUrl: string;
  readonly #options: { size: number; acquisitionTimeoutMs: number; idleTimeoutMs: number };
  readonly #idle: { session: Session; since: number }[] = [];
  readonly #busy = new Set<Session>();
  readonly #waiting: Waiting[] = [];
  readonly #sweep: NodeJS.Timeout;
  #opening = 0;
  #closed = false;

  constructor(databaseUrl: string, options: { size: number; acquisitionTimeoutMs: number; idleTimeoutMs: number }) {
    this.#databaseUrl = databaseUrl;
    this.#options = options;
    this.#sweep = setInterval(() => this.#closeIdle(), Math.max(1000, options.idleTimeoutMs / 2)).unref();
  }

  /** Runs one transaction; see Session.run. Rejects with PoolTimeout when no connection gets free in time. */
  async run(statements: readonly Statement[]): Promise<BatchRows> {
    for (let attempt = 0; ; attempt++) {
      const session = this.#idleSession() ?? (await this.#acquire());
      this.#busy.add(session);
      try {
        return await session.run(statements);
      } catch (error) {
        if (attempt >= this.#retries(error)) throw error;
      } finally {
        this.#release(session);
      }
    }
  }

  #retries(error: unknown): number {
    if (!(error instanceof DatabaseError)) return 0;
    // The session that failed so early is closed; each other one may have the same fault.
    return error.early && error.code === '57014' ? this.#options.size : (retried.get(error.code) ?? 0);
  }

  /** Closes what is idle; sessions opened before a database restart are of no use after it. */
  reset(): void {
    for (const { session } of this.#idle.splice(0)) session.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const { refuse, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      refuse(new ConnectionLost('the service stops'));
    }
    await Promise.all(this.#idle.splice(0).map(({ session }) => session.end()));
    for (const session of this.#busy) session.close();
  }

  #idleSession(): Session | undefined {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop())
      if (entry.session.usable) return entry.session;
    return undefined;
  }

  #acquire(): Promise<Session> {
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(new PoolTimeout());
    }, this.#options.acquisitionTimeoutMs);
    const waiting: Waiting = { give: resolve, refuse: reject, timer };
    this.#waiting.push(waiting);
    this.#open();
    return promise;
  }

  /** Opens a connection for somebody who waits, if there is room. */
  #open(): void {
    const used = this.#busy.size + this.#idle.length + this.#opening;
    if (this.#closed || used >= this.#options.size || this.#opening >= this.#waiting.length) return;
    this.#opening += 1;
    Session.open(this.#databaseUrl).then(
      (session) => {
        this.#opening -= 1;
        if (this.#closed) session.close();
        else this.#hand(session);
      },
      (error: Error) => {
        this.#opening -= 1;
        const waiting = this.#waiting.shift();
        if (waiting === undefined) return;
        clearTimeout(waiting.timer);
        waiting.refuse(error);
      },
    );
  }

  #release(session: Session): void {
    this.#busy.delete(session);
    if (this.#closed) session.close();
    else if (session.usable) this.#hand(session);
    else this.#open();
  }

  #hand(session: Session): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#idle.push({ session, since: Date.now() });
      return;
    }
    clearTimeout(waiting.timer);
    this.#busy.add(session);
    waiting.give(session);
  }

  #closeIdle(): void {
    const limit = Date.now() - this.#options.idleTimeoutMs;
    for (const entry of this.#idle.filter(({ session, since }) => since < limit || !session.usable)) {
      this.#idle.splice(this.#idle.indexOf(entry), 1);
      // The promise of end() never rejects.
      void entry.session.end();
    }
  }
}
