import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { actionPayload, maxMessageBytes } from '../domain/payload.ts';
import { startMessage } from '../grpc/action-message.ts';
import { admitKey } from '../store/admit-key.ts';
import { advanceRun } from '../store/advance-run.ts';
import { readCancellable } from '../store/cancellable.ts';
import type { WorkflowCatalog } from '../store/catalog.ts';
import { type Assignment, readRelatives } from '../store/claim-tasks.ts';
import { replayTasks } from '../store/replay-tasks.ts';
import { type SettledTask, settleTasks, type TaskEvent } from '../store/settle-tasks.ts';
import type { RunFeed } from '../streams/run-feed.ts';
import type { TaskFeed } from '../streams/task-feed.ts';
import { Batcher } from './batcher.ts';
import { Scheduler } from './scheduler.ts';
import { SerialSet } from './serial-set.ts';
import type { WorkerRegistry } from './worker-registry.ts';

/** Room for everything in an action message but its payload. */
const envelopeBytes = 16 * 1024;

interface Parts {
  pool: Pool;
  registry: WorkerRegistry;
  catalog: WorkflowCatalog;
  runFeed: RunFeed;
  taskFeed: TaskFeed;
  /** Something becomes due in so many seconds. */
  due: (seconds: number) => void;
  log: Logger;
}

/** The life of a task after its run was made: given to a worker, reported on, retried, cancelled; and what follows from each for others. */
export class TaskLifecycle {
  readonly #parts: Parts;
  readonly #events: Batcher<TaskEvent, SettledTask | undefined>;
  readonly #keys: SerialSet;
  readonly #runs: SerialSet;
  readonly scheduler: Scheduler;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { pool, registry, log } = parts;
    this.#events = new Batcher(async (events) => {
      const settled = await settleTasks(pool, events);
      for (const [index, task] of settled.entries()) {
        const event = events[index];
        if (task !== undefined && event !== undefined) this.#follow(event, task);
      }
      this.#finish(settled.flatMap((task) => (task?.runFinished === true ? [task.runId] : [])));
      return settled;
    });
    this.scheduler = new Scheduler(pool, registry, (assignments) => this.#deliver(assignments), log);
    this.#keys = new SerialSet('concurrency admission', (key) => this.#admit(key), log);
    this.#runs = new SerialSet('advancing a run', (runId) => this.#advance(runId), log);
  }

  /** Reports something about a task; answers what changed, undefined when it was late or doubled. */
  settle(event: TaskEvent): Promise<SettledTask | undefined> {
    return this.#events.submit(event);
  }

  /** Concurrency keys that somebody waits for, or that are free. */
  keysTouched(keys: Iterable<string>): void {
    this.#keys.add(keys);
  }

  /** DAG runs whose tasks changed. */
  runsTouched(runIds: Iterable<string>): void {
    this.#runs.add(runIds);
  }

  /** Tries again what failed while the database was away. */
  retry(): void {
    this.#keys.retry();
    this.#runs.retry();
    this.scheduler.kick();
  }

  async stop(): Promise<void> {
    await this.scheduler.stop();
    await this.#events.idle();
    await this.#keys.idle();
    await this.#runs.idle();
  }

  /** What a settled task means for its worker, its queue, its keys and its run. */
  #follow(event: TaskEvent, task: SettledTask): void {
    const { registry, taskFeed } = this.#parts;
    if (event.move === 'start') {
      const held = registry.holder(task.id, task.retryCount);
      if (held !== undefined) held.entry.started = true;
      return;
    }
    const held = task.was === 'RUNNING' ? registry.release(task.id, task.retryCount) : undefined;
    if (event.move === 'cancel' || event.timedOut === true) held?.worker.stream?.push(held.entry.action);
    if (task.status === 'QUEUED') this.scheduler.wake([task.lane]);
    else if (task.status === 'BACKOFF') this.#parts.due(0);
    else taskFeed.taskFinished(task, event);
    this.#keys.add(task.freedKeys);
    if (task.dag) this.#runs.add([task.runId]);
    if (held !== undefined) this.scheduler.kick();
  }

  #finish(runIds: string[]): void {
    this.#parts.runFeed.finished(runIds);
    this.#parts.taskFeed.runsFinished(runIds);
  }

  async #advance(runId: string): Promise<void> {
    const advanced = await advanceRun(this.#parts.pool, this.#parts.catalog, runId);
    if (advanced.scheduleTimeout !== undefined) this.#parts.due(advanced.scheduleTimeout);
    this.#keys.add(advanced.keys);
    this.scheduler.wake(advanced.lanes);
    if (advanced.finished) this.#finish([runId]);
  }

  async #admit(key: string): Promise<void> {
    const { lanes, cancel } = await admitKey(this.#parts.pool, key);
    this.scheduler.wake(lanes);
    if (cancel.length > 0) await this.cancel(cancel);
  }

  /** Cancels tasks, or every task of runs; answers the ids of the tasks that exist. */
  async cancel(ids: readonly string[]): Promise<string[]> {
    const tasks = await readCancellable(this.#parts.pool, ids);
    const events = tasks
      .filter((task) => task.open)
      .map((task): TaskEvent => ({ taskId: task.id, move: 'cancel', retryCount: undefined }));
    await Promise.all(events.map((event) => this.settle(event)));
    return tasks.map((task) => task.id);
  }

  /** Runs finished tasks, or all tasks of finished runs, again; answers the ids of the tasks that were meant. */
  async replay(ids: readonly string[]): Promise<string[]> {
    const replayed = await replayTasks(this.#parts.pool, this.#parts.catalog, ids);
    this.#runs.add(replayed.dagRunIds);
    this.#keys.add(replayed.keys);
    this.scheduler.wake(replayed.lanes);
    this.#parts.due(0);
    return replayed.taskIds;
  }

  async #deliver(assignments: Assignment[]): Promise<void> {
    const { pool, registry } = this.#parts;
    const now = Date.now();
    const entries = assignments.map((task) => registry.assign(task, now));
    const dags = assignments.filter((task) => task.dag).map((task) => task.run_id);
    const relatives = dags.length === 0 ? [] : await readRelatives(pool, dags);
    for (const [index, task] of assignments.entries()) {
      this.#parts.due(task.execution_timeout);
      const entry = entries[index];
      // Ended while the parents' outputs were read: its worker must not hear of it any more.
      if (entry === undefined || registry.holder(task.id, task.retry_count) === undefined) continue;
      const payload = actionPayload({ input: task.input, ...(await this.#kin(task, relatives)) });
      const stream = registry.get(task.worker_id)?.stream;
      if (Buffer.byteLength(payload) + envelopeBytes > maxMessageBytes) this.#refuse(task);
      else if (stream?.push(startMessage(entry.action, payload)) !== true)
        this.#report({ taskId: task.id, move: 'lose', retryCount: task.retry_count });
    }
  }

  async #kin(task: Assignment, relatives: Awaited<ReturnType<typeof readRelatives>>) {
    const parents = new Map<string, string>();
    if (!task.dag) return { parents, errors: undefined };
    const { definition } = await this.#parts.catalog.version(task.version_id);
    const isHook = definition.onFailure?.name === task.step;
    const wanted = new Set(definition.steps.find((step) => step.name === task.step)?.parents ?? []);
    const errors = new Map<string, string>();
    for (const relative of relatives) {
      if (relative.run_id !== task.run_id) continue;
      if (relative.status === 'FAILED') errors.set(relative.step, relative.error ?? '');
      else if (relative.output !== null && (isHook || wanted.has(relative.step)))
        parents.set(relative.step, relative.output);
    }
    return { parents, errors: isHook ? errors : undefined };
  }

  #refuse(task: Assignment): void {
    const error = `the task's payload is over the ${maxMessageBytes} bytes that a worker can receive`;
    this.#report({ taskId: task.id, move: 'fail', retryCount: task.retry_count, error, noRetry: true });
  }

  #report(event: TaskEvent): void {
    this.settle(event).catch((error: unknown) => this.#parts.log.error({ err: error }, 'a task was not settled'));
  }
}
