import { expect, it } from 'vitest';
import { overall } from './stack-status.ts';
import type { ServiceStatus } from './supervisor/transition.ts';

const services = (...statuses: [ServiceStatus, number?][]) =>
  statuses.map(([status, restarts = 0], index) => ({
    name: `s${index}`,
    status,
    restarts,
    pid: null,
    since: '',
    wasHealthy: false,
    memory: null,
    cpu: null,
  }));

it.each([
  ['running', 'running', services(['running'], ['completed'])],
  ['partial', 'starting', services(['running'], ['starting'])],
  ['partial', 'running', services(['running'], ['backoff', 1])],
  ['error', 'running', services(['running'], ['backoff', 3])],
  ['error', 'running', services(['running'], ['unhealthy'])],
  ['error', 'starting', services(['failed'])],
  ['partial', 'stopping', services(['running'])],
] as const)('is %s while %s', (expected, phase, list) => {
  expect(overall({ phase, services: list })).toBe(expected);
});

it('is an error while the supervision itself has a problem', () => {
  const problem = { code: 'disk_full', message: 'full' };
  expect(overall({ phase: 'running', services: services(['running']), problem })).toBe('error');
});
