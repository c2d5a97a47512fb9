import { expect, it } from 'vitest';
import { idleState, nextState, type ServiceState } from './service-state.ts';
import type { ServiceEvent } from './transition.ts';

const now = new Date('2026-01-01T00:00:00Z');
const after = (events: readonly ServiceEvent[]): ServiceState =>
  events.reduce<ServiceState>((state, event) => {
    const next = nextState(state, event, event === 'crashed' ? { detail: 'exited with 1', pid: null } : {}, now);
    if (next === null) throw new Error(`${event} does not count in ${state.status}`);
    return next;
  }, idleState('web'));

it('counts restarts and remembers why', () => {
  const state = after(['requested', 'needs_met', 'crashed', 'retry_due', 'crashed']);
  expect(state).toMatchObject({ status: 'backoff', restarts: 1, detail: 'exited with 1', wasHealthy: false });
});

it('forgets the reason when healthy again', () => {
  const state = after(['requested', 'needs_met', 'crashed', 'retry_due', 'probe_passed']);
  expect(state).toMatchObject({ status: 'running', restarts: 1, wasHealthy: true });
  expect(state.detail).toBeUndefined();
});

it('refuses what does not count', () => {
  expect(nextState(idleState('web'), 'probe_passed', {}, now)).toBeNull();
});
