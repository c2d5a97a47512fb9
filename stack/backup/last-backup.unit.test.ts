import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeStackDirectories, type StackLayout, stackLayout } from '../layout.ts';
import { backupWarning, lastBackup } from './last-backup.ts';

let base: string;
let layout: StackLayout;
const noted = (at: string, result: string, step = 'verify'): string =>
  `${JSON.stringify({ at, who: 'op', pid: 1, command: 'backup', step, result })}\n`;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sfp-last-'));
  layout = stackLayout(base, 'acme');
  makeStackDirectories(layout);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

it('finds none where none was finished', async () => {
  writeFileSync(layout.journalFile, noted('2026-01-01T00:00:00.000Z', 'failed'));
  const last = await lastBackup(layout, new Date('2026-01-02T00:00:00Z'));
  expect(last).toBeNull();
  expect(backupWarning(last)).toBe('There is no backup of this stack.');
});

it('knows of one that was written elsewhere from the journal', async () => {
  writeFileSync(
    layout.journalFile,
    noted('2026-01-01T00:00:00.000Z', 'done') +
      noted('2026-01-03T00:00:00.000Z', 'done') +
      noted('2026-01-04T00:00:00.000Z', 'failed'),
  );
  const last = await lastBackup(layout, new Date('2026-01-08T00:00:00Z'));
  expect(last).toMatchObject({ name: null, createdAt: '2026-01-03T00:00:00.000Z', ageMs: 5 * 24 * 3_600_000 });
  expect(backupWarning(last)).toBeNull();
  expect(backupWarning(await lastBackup(layout, new Date('2026-01-11T00:00:00Z')))).toBe(
    'The last backup is 8 days old.',
  );
});
