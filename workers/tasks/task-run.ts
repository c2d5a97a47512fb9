import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { EventLog } from '../progress/event-log.ts';
import { persist } from '../store/persist.ts';
import type { StartedTask } from '../store/rows.ts';
import { StaleAttempt, type TaskEnd, type TaskStore } from '../store/task-store.ts';
import { Interruption, type InterruptionKind, interruptionOf } from './interruption.ts';

/** An attempt that says nothing for this long is taken for dead; it says something at least every two seconds. */
const leaseSeconds = 15;
const busyPollMs = 1_000;

/** What the work of a task type is given. */
export interface TaskRun {
  readonly started: StartedTask;
  readonly events: EventLog;
  readonly store: TaskStore;
  /** Aborts with an `Interruption`. */
  readonly signal: AbortSignal;
  readonly interrupt: (kind: InterruptionKind, cause?: unknown) => void;
  readonly log: Logger;
}

export interface TaskRunOptions {
  store: TaskStore;
  worker: string;
  taskId: string;
  runId: string;
  /** The engine's: cancels and the engine's time limits. */
  engineSignal: AbortSignal;
  /** The worker's: a drain whose time is up. */
  drainSignal: AbortSignal;
  log: Logger;
  work: (run: TaskRun) => Promise<TaskEnd>;
}

export type TaskOutcome = TaskEnd['status'] | 'finished' | 'lost';

/**
 * Runs one attempt of a task between `start_task` and `finish_task`. Safe to be called again for the same task at any
 * time: a second caller waits for the first one's lease, a task that has ended is left alone.
 */
export async function runTask(options: TaskRunOptions): Promise<TaskOutcome> {
  const { store, taskId, log } = options;
  const stop = AbortSignal.any([options.engineSignal, options.drainSignal]);
  const started = await begin(options, stop);
  if (started === undefined) return 'finished';

  const controller = new AbortController();
  const interrupt = (kind: InterruptionKind, cause?: unknown): void =>
    controller.abort(new Interruption(kind, { cause }));
  const events = new EventLog({
    store,
    taskId,
    attempt: started.attempt,
    leaseSeconds,
    onCancelRequested: () => interrupt('cancel'),
    onLost: (cause) => {
      if (!(cause instanceof StaleAttempt)) log.error({ err: cause, taskId }, 'the database refuses this attempt');
      interrupt('lost', cause);
    },
  });
  const onEngine = (): void =>
    void withdrawn(options, started.attempt).then(
      (kind) => interrupt(kind),
      (cause: unknown) => interrupt('lost', cause),
    );
  const onDrain = (): void => interrupt('drain');
  options.engineSignal.addEventListener('abort', onEngine, { once: true });
  options.drainSignal.addEventListener('abort', onDrain, { once: true });
  try {
    const end = await options.work({ started, events, store, signal: controller.signal, interrupt, log });
    return await finish(options, started.attempt, events, end, controller.signal);
  } finally {
    options.engineSignal.removeEventListener('abort', onEngine);
    options.drainSignal.removeEventListener('abort', onDrain);
    await events.close();
  }
}

/** Waits for the task to be free; undefined when it has ended or this worker has to stop meanwhile. */
async function begin(options: TaskRunOptions, stop: AbortSignal): Promise<StartedTask | undefined> {
  const { store, taskId, runId, worker, log } = options;
  while (!stop.aborted) {
    const start = await persist(() => store.start(taskId, runId, worker, leaseSeconds), stop);
    if (start.outcome === 'started') return start;
    if (start.outcome !== 'busy') {
      log.info({ taskId, outcome: start.outcome }, 'nothing left to do');
      return undefined;
    }
    await delay(busyPollMs, undefined, { signal: stop }).catch(ignoreAbort);
  }
  return undefined;
}

/** The engine's abort does not say why: a cancel stands in the database, anything else is the engine's own doing. */
async function withdrawn({ store, taskId }: TaskRunOptions, attempt: number): Promise<InterruptionKind> {
  const { cancelRequested } = await persist(() => store.append(taskId, attempt, [], {}, leaseSeconds));
  return cancelRequested ? 'cancel' : 'engine';
}

async function finish(
  options: TaskRunOptions,
  attempt: number,
  events: EventLog,
  end: TaskEnd,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const rest = await events.close();
  if (interruptionOf(signal)?.kind === 'lost') return 'lost';
  try {
    await persist(() =>
      options.store.finish(options.taskId, attempt, {
        ...end,
        events: [...rest.events, ...(end.events ?? [])],
        patch: { ...rest.patch, ...end.patch },
      }),
    );
    return end.status;
  } catch (error) {
    if (error instanceof StaleAttempt) return 'lost';
    throw error;
  }
}

const ignoreAbort = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
};
