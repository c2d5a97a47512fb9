import { parseLane } from '../domain/lane.ts';
import { cancelMessage } from '../grpc/action-message.ts';
import type { Assignment } from '../store/claim-tasks.ts';
import type { WorkerRow } from '../store/workers.ts';
import type { InFlight, WorkerState } from './worker.ts';

/** The workers this engine knows, with the tasks that each of them has. */
export class WorkerRegistry {
  readonly tenantId: string;
  readonly #workers = new Map<string, WorkerState>();
  readonly #holders = new Map<string, WorkerState>();
  /** Attempts that were ended before their assignment was known here (two connections, two orders of answers). */
  readonly #early = new Set<string>();
  #graceFrom = Date.now();

  constructor(tenantId: string) {
    this.tenantId = tenantId;
  }

  /** Silence before this moment is the engine's own: after a start, or a stall of the machine. */
  get graceFrom(): number {
    return this.#graceFrom;
  }

  grantGrace(now: number): void {
    this.#graceFrom = now;
  }

  get(id: string): WorkerState | undefined {
    return this.#workers.get(id);
  }

  all(): IterableIterator<WorkerState> {
    return this.#workers.values();
  }

  add(row: WorkerRow, now: number): WorkerState {
    const known = this.#workers.get(row.id);
    if (known !== undefined) return known;
    const worker: WorkerState = {
      id: row.id,
      name: row.name,
      actions: new Set(row.actions),
      slots: row.slots,
      labels: new Map(Object.entries(row.labels)),
      paused: row.paused,
      active: row.active,
      stream: undefined,
      streamOpenedAt: 0,
      streamBrokenAt: undefined,
      firstHeartbeatBy: undefined,
      lastSeenAt: Math.min(now, row.lastHeartbeatAt.getTime()),
      inFlight: new Map(),
    };
    this.#workers.set(row.id, worker);
    return worker;
  }

  /** Remembers that a worker has a task. Undefined when there is no such worker, or the task was ended meanwhile. */
  assign(task: Assignment, now: number): InFlight | undefined {
    const worker = this.#workers.get(task.worker_id);
    if (worker === undefined || this.#early.delete(attempt(task.id, task.retry_count))) return undefined;
    const lane = parseLane(task.lane);
    const entry: InFlight = {
      action: cancelMessage(this.tenantId, task),
      retryCount: task.retry_count,
      slot: lane.slot,
      units: lane.units,
      released: task.slot_released,
      started: task.started,
      assignedAt: now,
    };
    worker.inFlight.set(task.id, entry);
    this.#holders.set(task.id, worker);
    return entry;
  }

  /** The worker that has a task, and what it has, if it is this attempt. */
  holder(taskId: string, retryCount: number): { worker: WorkerState; entry: InFlight } | undefined {
    const worker = this.#holders.get(taskId);
    const entry = worker?.inFlight.get(taskId);
    return worker === undefined || entry?.retryCount !== retryCount ? undefined : { worker, entry };
  }

  /** Gives the place of a task back; answers who had it. */
  release(taskId: string, retryCount: number): { worker: WorkerState; entry: InFlight } | undefined {
    const held = this.holder(taskId, retryCount);
    if (held === undefined) {
      if (this.#early.size > 1000) this.#early.clear();
      this.#early.add(attempt(taskId, retryCount));
      return undefined;
    }
    held.worker.inFlight.delete(taskId);
    this.#holders.delete(taskId);
    return held;
  }

  /** Drops workers that ended long ago, so that a stack that runs for months does not collect them. */
  forget(isGone: (worker: WorkerState) => boolean): void {
    for (const worker of this.#workers.values())
      if (worker.stream === undefined && worker.inFlight.size === 0 && isGone(worker)) this.#workers.delete(worker.id);
  }
}

const attempt = (taskId: string, retryCount: number): string => `${taskId}/${retryCount}`;
