import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as passes } from 'node:timers/promises';
import type pg from 'pg';
import type { Finding } from './finding.ts';
import type { SecretBook } from './secret-book.ts';

interface Seen {
  arguments: string;
  environment: string;
}

/**
 * Looks at every process of the machine again and again: with which arguments it was started, and with which environment.
 * Secrets are searched for at the end, when all are known.
 */
export class ProcessWatch {
  readonly #seen = new Map<string, Seen>();
  readonly #statements = new Set<string>();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #database: pg.Client | undefined;
  #sampling: Promise<void> = Promise.resolve();
  samples = 0;

  constructor() {
    this.#running = this.#run();
  }

  /** Takes down what the database runs, too; when this is done, an earlier connection is no longer asked. */
  async watchDatabase(database: pg.Client | undefined): Promise<void> {
    this.#database = database;
    await this.#sampling;
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      this.#sampling = this.#sample();
      await this.#sampling;
      await passes(15);
    }
  }

  async #sample(): Promise<void> {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const [started, args] = [read(pid, 'stat').split(' ')[21], read(pid, 'cmdline')];
      const key = `${pid} ${started} ${args}`;
      // A program's environment is what it was started with; another program of the same process has other arguments.
      if (args !== '' && !this.#seen.has(key))
        this.#seen.set(key, { arguments: args, environment: read(pid, 'environ') });
    }
    const answer = await this.#database?.query('select query from pg_stat_activity');
    for (const { query } of answer?.rows ?? []) this.#statements.add(String(query));
    this.samples += 1;
  }

  get processes(): number {
    return this.#seen.size;
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  findings(book: SecretBook): Finding[] {
    const processes = [...this.#seen.values()].flatMap((seen) => {
      const program = `${seen.environment.includes('SFP_STEP_MARKER=') ? 'a step: ' : ''}${seen.arguments.replaceAll('\0', ' ')}`;
      return [
        // The program alone: its arguments are what must not be shown.
        ...book.foundIn(seen.arguments).map((secret) => ({ secret, place: `arguments of ${program.split(' ')[0]}` })),
        ...book.foundIn(seen.environment).map((secret) => ({ secret, place: `environment of ${program}` })),
      ];
    });
    const statements = [...this.#statements].flatMap((text) =>
      book.foundIn(text).map((secret) => ({ secret, place: `statement ${text.slice(0, 30)}` })),
    );
    return [...processes, ...statements];
  }
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
