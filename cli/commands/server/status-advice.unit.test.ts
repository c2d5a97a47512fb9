import { expect, it } from 'vitest';
import { resolveBaseDir } from '../../../stack/base-dir.ts';
import type { StackOverview } from '../../../stack/lifecycle/overview.ts';
import { statusAdvice } from './status-advice.ts';

const day = 24 * 3_600_000;
const overview = (change: Partial<StackOverview> = {}): StackOverview => ({
  tenant: 'acme',
  url: 'http://127.0.0.1:1',
  baseDir: resolveBaseDir(undefined),
  dir: '/srv/acme',
  status: 'running',
  supervisor: null,
  services: [],
  health: null,
  busy: null,
  versions: { installed: '0.2.0', running: '0.2.0', cli: '0.2.0', updateAvailable: false },
  migrations: { database: 12, known: 12, pending: 0 },
  growth: null,
  lastBackup: { name: 'b', path: '/b', createdAt: '2026-01-01T00:00:00Z', encrypted: true, ageMs: day },
  ...change,
});

it('has nothing to say about a stack that works and is backed up', () => {
  expect(statusAdvice(overview())).toEqual({ warnings: [], hints: [] });
});

it('puts what was interrupted before everything else, with the command that finishes it', () => {
  const problem = { code: 'restore_unfinished', message: 'A restore was interrupted.', suggestion: 'Finish it first.' };
  const { warnings, hints } = statusAdvice(overview({ status: 'stopped', problem, lastBackup: null }));
  expect(warnings).toEqual(['A restore was interrupted.', 'There is no backup of this stack.']);
  expect(hints).toEqual(['Finish it first.', 'Make one with: sfp server backup --tenant acme']);
});

it('warns of a backup that is older than a week', () => {
  const last = { name: 'b', path: '/b', createdAt: '2026-01-01T00:00:00Z', encrypted: false, ageMs: 9 * day };
  expect(statusAdvice(overview({ lastBackup: last })).warnings).toEqual(['The last backup is 9 days old.']);
});

it('offers the update, and else the run of pending migrations', () => {
  const versions = { installed: '0.1.0', running: '0.1.0', cli: '0.2.0', updateAvailable: true };
  expect(statusAdvice(overview({ versions })).hints).toEqual([
    'Update it to 0.2.0 with: sfp server update --tenant acme',
  ]);
  const migrations = { database: 11, known: 12, pending: 1 };
  expect(statusAdvice(overview({ migrations })).hints).toEqual([
    'Run the pending migrations with: sfp server restart --tenant acme',
  ]);
});

it('names the command that works on the stack, and does not tell to start it meanwhile', () => {
  const busy = { pid: 7, startedAt: 'x', command: 'sfp server restore', since: '2026-01-01T00:00:00Z' };
  expect(statusAdvice(overview({ status: 'stopped', busy })).hints).toEqual([
    '`sfp server restore` is at work since 2026-01-01T00:00:00Z (process 7).',
  ]);
});
