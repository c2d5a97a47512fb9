import type { LabelValue } from '../domain/workflow.ts';
import type { ActionMessage } from '../grpc/action-message.ts';
import type { Channel } from '../streams/channel.ts';

/** A task that a worker has, as the engine remembers it: what a cancel must repeat, and the place that it takes. */
export interface InFlight {
  action: ActionMessage;
  retryCount: number;
  slot: string;
  units: number;
  released: boolean;
  started: boolean;
  assignedAt: number;
}

/** A registered worker. What must outlive the engine is in its row; streams and places are rebuilt. */
export interface WorkerState {
  id: string;
  name: string;
  actions: ReadonlySet<string>;
  slots: Record<string, number>;
  labels: Map<string, LabelValue>;
  paused: boolean;
  /** False from Unsubscribe or a broken stream until it listens again. */
  active: boolean;
  stream: Channel<ActionMessage> | undefined;
  streamOpenedAt: number;
  /** Set when this engine saw the stream end without the worker having said good-bye. */
  streamBrokenAt: number | undefined;
  /** Until its first heartbeat a worker counts as alive this long: its heartbeat thread takes seconds to start on a busy machine. */
  firstHeartbeatBy: number | undefined;
  /** The last sign of life, also a heartbeat that was refused. */
  lastSeenAt: number;
  inFlight: Map<string, InFlight>;
}

/** A worker heartbeats every 4 s; one that is late gets no new work. */
const schedulableSilenceMs = 5_000;
export const firstHeartbeatMs = 15_000;
/** As the real engine: after this the tasks of a silent worker are started elsewhere. */
const deadSilenceMs = 30_000;
/** A worker whose stream broke too has most likely ended; two missed heartbeats and a margin settle it. */
const deadSilenceWithoutStreamMs = 10_000;
/** The SDK tries for 13 s to report a start; what was not reported this long after a reconnect was never delivered. */
const deliveryDoubtMs = 20_000;

export const isSchedulable = (worker: WorkerState, now: number): boolean =>
  worker.active &&
  !worker.paused &&
  worker.stream !== undefined &&
  !worker.stream.closed &&
  now <= (worker.firstHeartbeatBy ?? worker.lastSeenAt + schedulableSilenceMs);

/** Whether its tasks may be given to others. `graceFrom`: the engine itself was not listening before that. */
export function isDead(
  worker: Pick<WorkerState, 'lastSeenAt' | 'streamBrokenAt'>,
  now: number,
  graceFrom: number,
): boolean {
  const silentMs = now - Math.max(worker.lastSeenAt, graceFrom);
  return silentMs > (worker.streamBrokenAt === undefined ? deadSilenceMs : deadSilenceWithoutStreamMs);
}

/** Tasks that were sent into a stream that broke, and that the worker, back since, knows nothing of. */
export const undelivered = (worker: WorkerState, now: number): [string, InFlight][] =>
  worker.stream === undefined || now - worker.streamOpenedAt < deliveryDoubtMs
    ? []
    : [...worker.inFlight].filter(([, task]) => !task.started && task.assignedAt < worker.streamOpenedAt);

export function freeUnits(worker: WorkerState, slot: string): number {
  let free = worker.slots[slot] ?? 0;
  for (const task of worker.inFlight.values()) if (task.slot === slot && !task.released) free -= task.units;
  return free;
}
