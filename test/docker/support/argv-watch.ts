import { readdirSync, readFileSync } from 'node:fs';

/** Every command line of this machine, those in containers too, as often as it can be read, for as long as it runs. */
export class ArgvWatch {
  readonly #seen = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), 200);
  }

  #look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        this.#seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // It has ended since.
      }
    }
  }

  /** What was seen so far. */
  get commandLines(): ReadonlySet<string> {
    this.#look();
    return this.#seen;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
