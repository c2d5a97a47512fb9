/**
 * Every state a task can be in and every event that moves it; the SQL in store/ takes its expected old states from
 * here, so a late or doubled event changes nothing.
 * PENDING waits for its parents, WAITING for concurrency keys, BACKOFF for its retry delay, QUEUED for a worker.
 */
export const taskStatuses = [
  'PENDING',
  'WAITING',
  'BACKOFF',
  'QUEUED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const taskMoves = {
  ready: { from: ['PENDING'], to: ['WAITING', 'QUEUED'] },
  skip: { from: ['PENDING'], to: ['COMPLETED'] },
  admit: { from: ['WAITING'], to: ['QUEUED'] },
  resume: { from: ['BACKOFF'], to: ['WAITING', 'QUEUED'] },
  assign: { from: ['QUEUED'], to: ['RUNNING'] },
  start: { from: ['RUNNING'], to: ['RUNNING'] },
  complete: { from: ['RUNNING'], to: ['COMPLETED'] },
  fail: { from: ['RUNNING'], to: ['FAILED', 'QUEUED', 'BACKOFF'] },
  /** The worker is gone, or never got it: tried elsewhere without using up the user's retries. */
  lose: { from: ['RUNNING'], to: ['QUEUED', 'FAILED'] },
  /** Nobody took it in time. */
  expire: { from: ['WAITING', 'QUEUED'], to: ['FAILED'] },
  cancel: { from: ['PENDING', 'WAITING', 'BACKOFF', 'QUEUED', 'RUNNING'], to: ['CANCELLED'] },
  replay: { from: ['COMPLETED', 'FAILED', 'CANCELLED'], to: ['PENDING', 'WAITING', 'QUEUED'] },
} as const satisfies Record<string, { from: readonly TaskStatus[]; to: readonly TaskStatus[] }>;
export type TaskMove = keyof typeof taskMoves;

const final: ReadonlySet<TaskStatus> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);
export const isFinal = (status: TaskStatus): boolean => final.has(status);

/** What callers see: how a task waits is the engine's business. */
export const publicStatus = (status: TaskStatus): 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' =>
  status === 'PENDING' || status === 'WAITING' || status === 'BACKOFF' ? 'QUEUED' : status;
