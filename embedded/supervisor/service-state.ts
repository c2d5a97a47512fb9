import type { Failure } from '../../contracts/error.ts';
import type { ServiceEvent, ServiceStatus } from './transition.ts';
import { transition } from './transition.ts';

/** What is known of one service; a new object for every change. */
export interface ServiceState {
  readonly name: string;
  readonly status: ServiceStatus;
  /** Starts after the first one that nobody asked for. */
  readonly restarts: number;
  readonly pid: number | null;
  /** When it became what it is. */
  readonly since: string;
  /** It has been healthy at least once since it was requested. */
  readonly wasHealthy: boolean;
  /** Why it is not healthy. */
  readonly detail?: string;
  readonly failure?: Failure;
}

export interface StateChange {
  pid?: number | null;
  detail?: string;
  failure?: Failure;
}

export const idleState = (name: string): ServiceState => ({
  name,
  status: 'idle',
  restarts: 0,
  pid: null,
  since: new Date().toISOString(),
  wasHealthy: false,
});

/** The state after an event, or null when it does not count. */
export function nextState(
  state: ServiceState,
  event: ServiceEvent,
  change: StateChange,
  now: Date,
): ServiceState | null {
  const status = transition(state.status, event);
  if (status === null) return null;
  const keepsReason = status === 'backoff' || status === 'failed' || status === 'unhealthy' || status === 'starting';
  const detail = change.detail ?? (keepsReason ? state.detail : undefined);
  const failure = change.failure ?? (status === 'failed' ? state.failure : undefined);
  return {
    name: state.name,
    status,
    restarts: state.restarts + (event === 'retry_due' ? 1 : 0),
    pid: change.pid === undefined ? state.pid : change.pid,
    since: now.toISOString(),
    wasHealthy: event === 'requested' ? false : state.wasHealthy || status === 'running' || status === 'completed',
    ...(detail === undefined ? {} : { detail }),
    ...(failure === undefined ? {} : { failure }),
  };
}
