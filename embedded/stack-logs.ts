import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import type { StackLayout } from '../stack/layout.ts';
import type { LogLine, LogQuery } from '../stack/runtime.ts';
import { LineClock } from './log-time.ts';
import { lastLines } from './supervisor/log-file.ts';

const followEveryMs = 200;
const chunkBytes = 64 * 1024;

/** Services that have a log. */
const loggedServices = (layout: StackLayout): string[] => {
  try {
    return readdirSync(layout.logsDir)
      .filter((name) => name.endsWith('.log'))
      .map((name) => name.slice(0, -'.log'.length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** The last lines of each log and, when asked, what is written from then on, also across a rotation. */
export async function* stackLogs(layout: StackLayout, query: LogQuery): AsyncGenerator<LogLine> {
  const known = loggedServices(layout);
  const unknown = query.services.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new SfpError({
      code: 'service_unknown',
      message: `There is no log of "${unknown}".`,
      suggestion: `Logs exist of: ${known.join(', ') || 'nothing yet'}.`,
    });
  }
  const wanted = query.services.length > 0 ? query.services : known;
  const tails = new Map<string, LogTail>();
  for (const service of wanted) {
    const path = join(layout.logsDir, `${service}.log`);
    const tail = new LogTail(path);
    tails.set(service, tail);
    // What is older than asked for is left out first, then all but the last lines.
    const earlier = lastLines(path, query.since === undefined ? query.tail : Number.POSITIVE_INFINITY)
      .map((line) => tail.dated(service, line))
      .filter(({ timestamp }) => query.since === undefined || Date.parse(timestamp ?? '') >= query.since.getTime());
    yield* query.tail === 0 ? [] : earlier.slice(-query.tail);
  }
  if (!query.follow) return;
  while (!query.signal.aborted) {
    if (query.services.length === 0) {
      for (const service of loggedServices(layout)) {
        if (!tails.has(service)) tails.set(service, new LogTail(join(layout.logsDir, `${service}.log`), 0));
      }
    }
    for (const [service, tail] of tails) for (const line of tail.read()) yield tail.dated(service, line);
    // An abort ends the wait; the loop looks at the signal.
    await delay(followEveryMs, undefined, { signal: query.signal }).catch(() => undefined);
  }
}

/** Complete lines that were added to a file since the last look. A file that became shorter was rotated and is read from its start. */
class LogTail {
  readonly #path: string;
  #offset: number;
  #rest = '';
  readonly #clock = new LineClock();

  constructor(path: string, offset?: number) {
    this.#path = path;
    this.#offset = offset ?? this.#size();
  }

  read(): string[] {
    const size = this.#size();
    if (size < this.#offset) this.#offset = 0;
    if (size === this.#offset) return [];
    const buffer = Buffer.alloc(Math.min(size - this.#offset, chunkBytes));
    const file = openSync(this.#path, 'r');
    try {
      this.#offset += readSync(file, buffer, 0, buffer.length, this.#offset);
    } finally {
      closeSync(file);
    }
    const lines = (this.#rest + buffer.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  dated(service: string, line: string): LogLine {
    const at = this.#clock.timeOf(line);
    return at === null ? { service, line } : { service, line, timestamp: at.toISOString() };
  }

  #size(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }
}
