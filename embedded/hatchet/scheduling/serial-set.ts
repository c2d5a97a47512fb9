import type { Logger } from 'pino';

/**
 * Keys that need attention, each looked after one at a time. A key added while it is being handled is handled again. When handling fails
 * (the database is away) the key stays and `retry` tries it again.
 */
export class SerialSet {
  readonly #name: string;
  readonly #handle: (key: string) => Promise<void>;
  readonly #log: Logger;
  #waiting = new Set<string>();
  #failed = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(name: string, handle: (key: string) => Promise<void>, log: Logger) {
    this.#name = name;
    this.#handle = handle;
    this.#log = log;
  }

  add(keys: Iterable<string>): void {
    for (const key of keys) this.#waiting.add(key);
    if (this.#waiting.size > 0) this.#running ??= this.#drain();
  }

  retry(): void {
    const failed = this.#failed;
    this.#failed = new Set();
    this.add(failed);
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      try {
        await this.#handle(key);
      } catch (error) {
        this.#failed.add(key);
        this.#log.error({ err: error, key }, `${this.#name} failed`);
      }
    }
    this.#running = undefined;
  }
}
