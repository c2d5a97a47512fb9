import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type Overdue, readNextDeadlineMs, readOverdue, resumeBackoffs } from '../store/deadlines.ts';
import type { TaskEvent } from '../store/settle-tasks.ts';
import type { RunFeed } from '../streams/run-feed.ts';
import type { TaskLifecycle } from './lifecycle.ts';
import { isDead, undelivered, type WorkerState } from './worker.ts';
import type { WorkerRegistry } from './worker-registry.ts';

/** Without a known deadline the sweep still comes round this often, in case a wake-up was lost with the database. */
const idleSweepMs = 5_000;
const workerCheckMs = 1_000;
/** A tick that comes this late means that the engine itself stood still, so silence of workers proves nothing. */
const stallMs = 4_000;
const forgetWorkerMs = 10 * 60_000;

/** Ends what takes too long: executions, waiting, retry delays, silent workers. Sleeps until the next deadline. */
export class Sweeper {
  readonly #pool: Pool;
  readonly #registry: WorkerRegistry;
  readonly #lifecycle: TaskLifecycle;
  readonly #runFeed: RunFeed;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #sweeping: Promise<void> | undefined;
  #workerTimer: NodeJS.Timeout | undefined;
  #lastTickAt = Date.now();
  #stopped = false;

  constructor(pool: Pool, registry: WorkerRegistry, lifecycle: TaskLifecycle, runFeed: RunFeed, log: Logger) {
    this.#pool = pool;
    this.#registry = registry;
    this.#lifecycle = lifecycle;
    this.#runFeed = runFeed;
    this.#log = log;
  }

  start(): void {
    this.#lastTickAt = Date.now();
    this.#workerTimer = setInterval(() => this.#checkWorkers(), workerCheckMs);
    this.due(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#workerTimer);
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  /** Something is due in so many seconds; the sweep comes then at the latest. */
  due(seconds: number): void {
    const at = Date.now() + seconds * 1000 + 3;
    if (this.#stopped || at >= this.#dueAt) return;
    this.#dueAt = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), Math.min(at - Date.now(), idleSweepMs));
  }

  #tick(): void {
    if (this.#sweeping !== undefined) return;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#sweeping = this.#sweep()
      .catch((error: unknown) => {
        this.#log.error({ err: error }, 'the sweep failed');
        return idleSweepMs;
      })
      .then((nextMs) => {
        this.#sweeping = undefined;
        const wanted = this.#dueAt - Date.now();
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.due(Math.max(0, Math.min(nextMs, wanted, idleSweepMs)) / 1000);
      });
  }

  async #sweep(): Promise<number> {
    const events = (await readOverdue(this.#pool)).map(overdueEvent);
    await Promise.all(events.map((event) => this.#lifecycle.settle(event)));
    const { lanes, keys } = await resumeBackoffs(this.#pool);
    this.#lifecycle.keysTouched(keys);
    this.#lifecycle.scheduler.wake(lanes);
    this.#lifecycle.retry();
    this.#runFeed.recheck();
    return (await readNextDeadlineMs(this.#pool)) ?? idleSweepMs;
  }

  #checkWorkers(): void {
    const now = Date.now();
    if (now - this.#lastTickAt > stallMs) this.#registry.grantGrace(now);
    this.#lastTickAt = now;
    for (const worker of this.#registry.all()) {
      if (worker.inFlight.size === 0) continue;
      const lost = isDead(worker, now, this.#registry.graceFrom) ? [...worker.inFlight] : undelivered(worker, now);
      if (lost.length > 0) this.#lose(worker, lost);
    }
    this.#registry.forget((worker) => now - worker.lastSeenAt > forgetWorkerMs);
  }

  #lose(worker: WorkerState, tasks: [string, { retryCount: number }][]): void {
    this.#log.warn({ worker: worker.name, workerId: worker.id, tasks: tasks.length }, 'tasks of a lost worker go back');
    for (const [taskId, { retryCount }] of tasks)
      this.#lifecycle
        .settle({ taskId, move: 'lose', retryCount, error: 'the worker was lost too often' })
        .then((settled) => {
          // Somebody else ended it meanwhile: the memory of it goes too.
          if (settled === undefined) this.#registry.release(taskId, retryCount);
        })
        .catch((error: unknown) => this.#log.error({ err: error }, 'a lost task was not settled'));
  }
}

const overdueEvent = (task: Overdue): TaskEvent =>
  task.kind === 'execution'
    ? {
        taskId: task.id,
        move: 'fail',
        retryCount: task.retry_count,
        error: `Task exceeded timeout of ${task.timeout_text}`,
        timedOut: true,
      }
    : { taskId: task.id, move: 'expire', retryCount: task.retry_count, error: '' };
