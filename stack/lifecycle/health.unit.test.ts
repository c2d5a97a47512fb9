import { expect, it } from 'vitest';
import { resolveBaseDir } from '../base-dir.ts';
import { healthOf } from './health.ts';
import type { StackReport } from './status.ts';

const service = (name: string, change: Partial<StackReport['services'][number]> = {}) => ({
  name,
  state: 'running',
  health: 'healthy' as const,
  restarts: 0,
  pid: 1,
  upSince: null,
  rssBytes: null,
  pssBytes: null,
  cpu: null,
  ...change,
});
const ok = { status: 'ok' as const };
const parts = { database: ok, auth: ok, realtime: ok, engine: ok, workers: ok };
const report = (change: Partial<StackReport> = {}): StackReport => ({
  tenant: 'acme',
  url: 'http://127.0.0.1:1',
  baseDir: resolveBaseDir(undefined),
  dir: '/srv/acme',
  busy: null,
  status: 'running',
  supervisor: { pid: 1 },
  services: [service('rest'), service('api')],
  health: { status: 'ok', parts },
  ...change,
});

it('is healthy when the stack runs', () => {
  expect(healthOf(report())).toMatchObject({ status: 'healthy', failing: [] });
});

it('says how to start what is stopped', () => {
  expect(healthOf(report({ status: 'stopped', services: [], health: null })).failing).toEqual([
    { name: 'acme', kind: 'stack', state: 'stopped', next: 'sfp server start --tenant acme' },
  ]);
});

it('names the service and the part that fail, with the reason and the next command', () => {
  const services = [service('rest', { state: 'unhealthy', health: 'unhealthy', detail: 'answered 503' })];
  const down = { ...parts, workers: { status: 'down' as const, detail: 'no worker alive for: long' } };
  expect(healthOf(report({ status: 'error', services, health: { status: 'down', parts: down } }))).toMatchObject({
    status: 'unhealthy',
    failing: [
      {
        name: 'rest',
        kind: 'service',
        state: 'unhealthy',
        detail: 'answered 503',
        next: 'sfp server logs --tenant acme --service rest',
      },
      { name: 'workers', kind: 'part', detail: 'no worker alive for: long' },
    ],
  });
});

it('never is unhealthy without a reason', () => {
  const problem = { code: 'supervisor_gone', message: 'The supervisor is gone.', suggestion: 'Start it.' };
  expect(healthOf(report({ status: 'error', health: null, problem })).failing).toEqual([
    { name: 'acme', kind: 'stack', state: 'error', detail: 'The supervisor is gone.', next: 'Start it.' },
  ]);
  expect(healthOf(report({ status: 'partial' })).failing).toEqual([
    { name: 'acme', kind: 'stack', state: 'partial', next: 'sfp server status --tenant acme' },
  ]);
});
