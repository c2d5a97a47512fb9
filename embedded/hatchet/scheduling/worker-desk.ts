import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { LabelValue } from '../domain/workflow.ts';
import type { ActionMessage } from '../grpc/action-message.ts';
import {
  insertWorker,
  type NewWorker,
  readWorker,
  saveActive,
  saveHeartbeat,
  saveLabels,
  savePaused,
  type WorkerRow,
} from '../store/workers.ts';
import type { Channel } from '../streams/channel.ts';
import type { Scheduler } from './scheduler.ts';
import { firstHeartbeatMs, type WorkerState } from './worker.ts';
import type { WorkerRegistry } from './worker-registry.ts';

/** Where workers come and go: every change is written to their row and tells the scheduler. */
export class WorkerDesk {
  readonly #pool: Pool;
  readonly registry: WorkerRegistry;
  readonly #scheduler: Scheduler;

  constructor(pool: Pool, registry: WorkerRegistry, scheduler: Scheduler) {
    this.#pool = pool;
    this.registry = registry;
    this.#scheduler = scheduler;
  }

  async register(worker: Omit<NewWorker, 'id'>): Promise<string> {
    const row = await insertWorker(this.#pool, { ...worker, id: randomUUID() });
    this.registry.add(row, Date.now());
    return row.id;
  }

  /** The worker of this id; undefined when there is none. A restarted engine reads it from the database. */
  async find(id: string): Promise<WorkerState | undefined> {
    const known = this.registry.get(id);
    if (known !== undefined) return known;
    const row = await readWorker(this.#pool, id);
    return row === undefined ? undefined : this.registry.add(row, Date.now());
  }

  /** The worker listens on this stream from now on; an older one is closed. */
  async listen(worker: WorkerState, stream: Channel<ActionMessage>): Promise<void> {
    worker.stream?.close();
    worker.stream = stream;
    worker.streamOpenedAt = Date.now();
    worker.streamBrokenAt = undefined;
    worker.firstHeartbeatBy = worker.streamOpenedAt + firstHeartbeatMs;
    worker.lastSeenAt = worker.streamOpenedAt;
    worker.active = true;
    await saveActive(this.#pool, worker.id, true);
    await saveHeartbeat(this.#pool, worker.id);
    this.#scheduler.kick();
  }

  /** The stream ended. Its tasks stay with the worker until it is silent for long enough. */
  async streamEnded(worker: WorkerState, stream: Channel<ActionMessage>): Promise<void> {
    if (worker.stream !== stream) return;
    worker.stream = undefined;
    worker.streamBrokenAt = Date.now();
    worker.active = false;
    await saveActive(this.#pool, worker.id, false);
  }

  /** False when the worker's stream is not active: it is alive, but must listen again. */
  async heartbeat(worker: WorkerState): Promise<boolean> {
    const now = Date.now();
    const wasLate = now - worker.lastSeenAt > 4_500;
    worker.lastSeenAt = now;
    worker.firstHeartbeatBy = undefined;
    if (!worker.active) return false;
    await saveHeartbeat(this.#pool, worker.id);
    if (wasLate) this.#scheduler.kick();
    return true;
  }

  /** The worker takes no more work; what it has it may finish. Its stream stays open, as it is the worker's to close. */
  async unsubscribe(worker: WorkerState): Promise<void> {
    worker.active = false;
    await saveActive(this.#pool, worker.id, false);
  }

  async pause(id: string, paused: boolean): Promise<WorkerRow | undefined> {
    const row = await savePaused(this.#pool, id, paused);
    const worker = this.registry.get(id);
    if (worker !== undefined) worker.paused = paused;
    this.#scheduler.kick();
    return row;
  }

  async label(worker: WorkerState, labels: Record<string, LabelValue>): Promise<void> {
    for (const [name, value] of Object.entries(labels)) worker.labels.set(name, value);
    await saveLabels(this.#pool, worker.id, labels);
    this.#scheduler.kick();
  }
}
