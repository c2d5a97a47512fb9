import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { readResults, type TaskResult } from '../store/run-results.ts';

type Listener = (results: TaskResult[]) => void;

/** Tells who waits for a run that it is over. Listeners are heard once. */
export class RunFeed {
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(pool: Pool, log: Logger) {
    this.#pool = pool;
    this.#log = log;
  }

  /** Calls back when the run is over: at once when it already is. Answers how to stop listening. */
  listen(runId: string, listener: Listener): () => void {
    let set = this.#listeners.get(runId);
    if (set === undefined) {
      set = new Set();
      this.#listeners.set(runId, set);
    }
    set.add(listener);
    // Listening comes before looking, so an end in between is not missed.
    this.finished([runId]);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#listeners.get(runId) === set) this.#listeners.delete(runId);
    };
  }

  /** Runs that may be over. */
  finished(runIds: Iterable<string>): void {
    const wanted = [...runIds].filter((id) => this.#listeners.has(id));
    if (wanted.length === 0) return;
    this.#deliver(wanted).catch((error: unknown) => {
      // The callers keep waiting; the sweep asks for them again.
      this.#log.warn({ err: error }, 'results could not be read');
    });
  }

  /** Looks at every awaited run again, after an outage of the database. */
  recheck(): void {
    this.finished(this.#listeners.keys());
  }

  async #deliver(runIds: string[]): Promise<void> {
    for (const [runId, results] of await readResults(this.#pool, runIds)) {
      const listeners = this.#listeners.get(runId);
      this.#listeners.delete(runId);
      for (const listener of listeners ?? []) listener(results);
    }
  }
}
