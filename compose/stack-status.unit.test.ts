import { expect, it } from 'vitest';
import { fault, firstFault } from './container-failure.ts';
import { startOrder, withDependents } from './installed-services.ts';
import type { StackContainer } from './stack-containers.ts';
import { overall } from './stack-status.ts';

const container = (service: string, of: Partial<StackContainer> = {}): StackContainer => ({
  id: service,
  service,
  state: 'running',
  running: true,
  exitCode: 0,
  health: 'healthy',
  healthLog: '',
  restarts: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  pid: 1,
  imageId: 'sha256:1',
  config: null,
  job: false,
  error: '',
  killedForMemory: false,
  ...of,
});
const ended = { state: 'exited', running: false, health: 'unhealthy', pid: null };
const job = { job: true, health: null, state: 'exited', running: false, pid: null };

it.each([
  ['running', [container('db'), container('setup', job)], 0],
  ['partial', [container('db'), container('setup', job)], 1],
  ['partial', [container('db', { health: 'starting' })], 0],
  ['partial', [container('db'), container('setup', { ...job, state: 'running', running: true })], 0],
  // Docker calls a container that was stopped unhealthy for ever.
  ['partial', [container('db'), container('api', { ...ended, exitCode: 143 })], 0],
  ['partial', [container('db'), container('api', { ...ended, exitCode: 1 })], 0],
  ['error', [container('db'), container('api', { ...ended, error: 'port is already allocated' })], 0],
  ['error', [container('db'), container('api', { ...ended, exitCode: 137, killedForMemory: true })], 0],
  ['error', [container('db'), container('setup', { ...job, exitCode: 1 })], 0],
  ['error', [container('db', { health: 'unhealthy' })], 0],
  ['error', [container('db', { restarts: 9, state: 'restarting', running: false, health: 'starting' })], 0],
] as const)('is %s', (expected, containers, missing) => {
  expect(overall(containers, missing)).toBe(expected);
});

it('leaves a container alone that is still coming up', () => {
  expect(fault(container('db', { health: 'starting', restarts: 1 }))).toBeNull();
});

const services = [
  { name: 'api', needs: ['kong'] },
  { name: 'kong', needs: ['rest', 'auth'] },
  { name: 'rest', needs: ['db'] },
  { name: 'auth', needs: ['db'] },
  { name: 'db', needs: [] },
].map((service) => ({ ...service, image: 'image:1', job: false, config: null }));

it('orders services by what they need, and finds all that stand on one', () => {
  expect(startOrder(services)).toEqual(['db', 'rest', 'auth', 'kong', 'api']);
  expect([...withDependents(services, ['rest'])].sort()).toEqual(['api', 'kong', 'rest']);
});

it('blames the first in that order', () => {
  const broken = [container('api', { health: 'unhealthy' }), container('auth', { health: 'unhealthy' })];
  expect(firstFault([...broken, container('db')], startOrder(services))?.service).toBe('auth');
});
