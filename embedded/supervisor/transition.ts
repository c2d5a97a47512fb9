/**
 * | status | meaning |
 * |---|---|
 * | idle | not asked to run |
 * | waiting | for what it needs |
 * | starting | started, not healthy yet |
 * | running | healthy |
 * | unhealthy | was healthy, does not answer its probe |
 * | backoff | ended by itself, will be started again |
 * | completed | a task that has done its work |
 * | failed | starting again would not help |
 * | stopping | asked to end |
 * | stopped | has ended because it was asked to |
 */
export const serviceStatuses = [
  'idle',
  'waiting',
  'starting',
  'running',
  'unhealthy',
  'backoff',
  'completed',
  'failed',
  'stopping',
  'stopped',
] as const;
export type ServiceStatus = (typeof serviceStatuses)[number];

export const serviceEvents = [
  'requested',
  'needs_met',
  'probe_passed',
  'probe_failed',
  'crashed',
  'done',
  'gave_up',
  'retry_due',
  'stop_requested',
  'ended',
] as const;
export type ServiceEvent = (typeof serviceEvents)[number];

const table: Record<ServiceStatus, Partial<Record<ServiceEvent, ServiceStatus>>> = {
  idle: { requested: 'waiting', stop_requested: 'stopped' },
  waiting: { needs_met: 'starting', stop_requested: 'stopped' },
  starting: {
    probe_passed: 'running',
    done: 'completed',
    crashed: 'backoff',
    gave_up: 'failed',
    stop_requested: 'stopping',
  },
  running: { probe_failed: 'unhealthy', crashed: 'backoff', gave_up: 'failed', stop_requested: 'stopping' },
  unhealthy: { probe_passed: 'running', crashed: 'backoff', gave_up: 'failed', stop_requested: 'stopping' },
  backoff: { retry_due: 'starting', stop_requested: 'stopped' },
  completed: { stop_requested: 'stopped' },
  failed: { stop_requested: 'stopped' },
  stopping: { ended: 'stopped' },
  stopped: {},
};

/**
 * The next status, or null when the event does not count in this one: a probe that races with a stop is expected, not a
 * defect.
 */
export const transition = (status: ServiceStatus, event: ServiceEvent): ServiceStatus | null =>
  table[status][event] ?? null;

/** What others may rely on: a service is up, a task has done its work. */
export const isReady = (status: ServiceStatus): boolean => status === 'running' || status === 'completed';
