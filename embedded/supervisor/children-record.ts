import type { Logger } from 'pino';
import { type Failure, SfpError } from '../../contracts/error.ts';
import { asDiskFull } from '../../stack/disk-full.ts';
import { type RecordedChild, writeChildren } from './children-file.ts';

const retryMs = 1_000;

/**
 * The children of a running supervisor, in memory and in their file. When the file cannot be written the stack goes on: it is
 * a problem to be told, and is tried again until it is written.
 */
export class ChildrenRecord {
  readonly #runDir: string;
  readonly #log: Logger;
  readonly #children = new Map<string, RecordedChild>();
  #problem: Failure | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(runDir: string, log: Logger) {
    this.#runDir = runDir;
    this.#log = log;
  }

  pidOf = (service: string): number | null => this.#children.get(service)?.pid ?? null;

  /** Why the file is not what it should be, as long as it is not. */
  get problem(): Failure | undefined {
    return this.#problem;
  }

  set(service: string, child: RecordedChild | null): void {
    if (child === null) this.#children.delete(service);
    else this.#children.set(service, child);
    this.#write();
  }

  /** Nothing is written any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  #write(): void {
    clearTimeout(this.#retry);
    if (this.#closed) return;
    try {
      writeChildren(this.#runDir, [...this.#children.values()]);
      if (this.#problem !== undefined) this.#log.info('the record of the processes is written again');
      this.#problem = undefined;
    } catch (error) {
      if (this.#problem === undefined) this.#log.error({ err: error }, 'the record of the processes cannot be written');
      this.#problem = problemOf(error, this.#runDir);
      this.#retry = setTimeout(() => this.#write(), retryMs).unref();
    }
  }
}

function problemOf(error: unknown, runDir: string): Failure {
  const told = asDiskFull(error, runDir);
  if (told instanceof SfpError) {
    return {
      ...told.toFailure(),
      suggestion: `Free space on the file system of ${runDir}; the supervisor goes on by itself then.`,
    };
  }
  return {
    code: 'children_not_recorded',
    message: `The supervisor cannot write its record of the processes in ${runDir}.`,
    detail: error instanceof Error ? error.message : String(error),
    suggestion: 'Make the directory writable for the user who started the stack.',
  };
}
