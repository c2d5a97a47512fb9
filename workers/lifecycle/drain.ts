import type { Logger } from 'pino';

/** What is under way in this worker, and the wish that it ends. */
export class Drain {
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #requested = false;

  /** Aborts when the time for finishing is over: tasks then hand themselves back. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get requested(): boolean {
    return this.#requested;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  async track<Output>(work: Promise<Output>): Promise<Output> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /**
   * Stops taking work, lets what runs go on for `timeoutMs`, then has it handed back. Resolves when nothing runs.
   * Heartbeats go on all the while, so that the engine gives nothing of it to somebody else.
   */
  async run(pause: () => Promise<void>, timeoutMs: number, log: Logger): Promise<void> {
    this.#requested = true;
    await pause().catch((error: unknown) =>
      log.warn({ err: error }, 'the engine could not be told to send no more work'),
    );
    log.info({ inFlight: this.inFlight, timeoutMs }, 'draining');
    const limit = setTimeout(() => this.#controller.abort(), timeoutMs);
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    clearTimeout(limit);
  }
}
