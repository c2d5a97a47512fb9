import type { NewTaskEvent, TaskEventKind } from '../../contracts/task-event.ts';
import { persist } from '../store/persist.ts';
import type { TaskPatch, TaskStore } from '../store/task-store.ts';
import { LogBuffer } from './log-buffer.ts';
import { mergePatch } from './patch.ts';

/** Long enough to batch a burst of output, short enough that a person sees no delay. */
const flushAfterMs = 40;
/** Also the heartbeat that renews the lease and learns of a cancel. */
const heartbeatMs = 2_000;
const batchSize = 200;
/** Past this much unsent output the step's pipes are paused until the database has caught up. */
const pauseAboveBytes = 2_000_000;

export interface EventLogOptions {
  store: TaskStore;
  taskId: string;
  attempt: number;
  leaseSeconds: number;
  onCancelRequested: () => void;
  /** The attempt is stale or the database refuses its events: the work must stop. */
  onLost: (cause: unknown) => void;
}

/**
 * Everything one attempt says, in order, to the database in batches: at most one request is under way, and what is said
 * meanwhile goes with the next. A batch is resent until it is accepted; positions make that harmless.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #logs = new LogBuffer();
  #queue: NewTaskEvent[] = [];
  #patch: TaskPatch = {};
  #position = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #drained: (() => void)[] = [];
  #closed = false;
  #beat: NodeJS.Timeout;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#beat = setInterval(() => this.#kick(), heartbeatMs);
  }

  /** Adds an event, with changes that must become visible together with it. */
  say(kind: TaskEventKind, data: Record<string, unknown>, patch: TaskPatch = {}): void {
    this.#takeLogs();
    this.#push(kind, data);
    this.#patch = mergePatch(this.#patch, patch);
    this.#schedule();
  }

  /** Adds a line of output; consecutive lines of one step become one event. */
  line(origin: Parameters<LogBuffer['add']>[0], line: Parameters<LogBuffer['add']>[1]): void {
    for (const data of this.#logs.add(origin, line)) this.#push('log', data);
    this.#schedule();
  }

  /** Resolves when less than the bound waits to be sent. */
  async ready(): Promise<void> {
    if (this.#waitingBytes() < pauseAboveBytes) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Everything said so far is in the database. */
  async flush(): Promise<void> {
    this.#takeLogs();
    while (!this.#closed && (this.#queue.length > 0 || Object.keys(this.#patch).length > 0 || this.#sending)) {
      this.#kick();
      await this.#sending;
    }
  }

  /** Stops sending and hands what is left to `finish_task`, which writes it with the final event. */
  async close(): Promise<{ events: NewTaskEvent[]; patch: TaskPatch }> {
    this.#takeLogs();
    while (this.#queue.length > batchSize) {
      this.#kick();
      await this.#sending;
      if (this.#closed) break;
    }
    this.#stop();
    await this.#sending;
    return { events: this.#queue.splice(0), patch: this.#patch };
  }

  #stop(): void {
    this.#closed = true;
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    for (const resume of this.#drained.splice(0)) resume();
  }

  #push(kind: TaskEventKind, data: Record<string, unknown>): void {
    this.#position += 1;
    this.#queue.push({ position: this.#position, kind, at: new Date().toISOString(), data });
  }

  #takeLogs(): void {
    for (const data of this.#logs.take()) this.#push('log', data);
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#takeLogs();
      this.#kick();
    }, flushAfterMs);
  }

  #kick(): void {
    if (this.#closed || this.#sending !== undefined) return;
    this.#takeLogs();
    const events = this.#queue.splice(0, batchSize);
    const patch = this.#patch;
    this.#patch = {};
    this.#sending = this.#send(events, patch).finally(() => {
      this.#sending = undefined;
      if (this.#waitingBytes() < pauseAboveBytes) for (const resume of this.#drained.splice(0)) resume();
      if (this.#queue.length > 0) this.#kick();
    });
  }

  async #send(events: NewTaskEvent[], patch: TaskPatch): Promise<void> {
    const { store, taskId, attempt, leaseSeconds } = this.#options;
    try {
      const answer = await persist(() => store.append(taskId, attempt, events, patch, leaseSeconds));
      if (answer.cancelRequested) this.#options.onCancelRequested();
    } catch (error) {
      this.#stop();
      this.#options.onLost(error);
    }
  }

  #waitingBytes(): number {
    return this.#logs.bytes + this.#queue.length * 2_000;
  }
}
