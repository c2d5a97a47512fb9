import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { restorePlace } from '../backup/restore-place.ts';
import { makePassableDirectory, makeStackDirectories, type StackLayout, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import { updateState } from '../state.ts';
import { type CheckReport, runChecks } from './check.ts';
import { stackConditionChecks } from './stack-condition.ts';

let base: string;
let layout: StackLayout;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sfp-condition-'));
  layout = stackLayout(base, 'acme');
  makeStackDirectories(layout);
  writeFileSync(layout.vaultKeyFile, 'a'.repeat(64), { mode: 0o600 });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

async function report(id: string): Promise<CheckReport | undefined> {
  return (await runChecks(stackConditionChecks(layout))).find((check) => check.id === id);
}

it('wants the Vault key, for its owner alone', async () => {
  expect(await report('vault-key')).toMatchObject({ ok: true });
  chmodSync(layout.vaultKeyFile, 0o640);
  expect(await report('vault-key')).toMatchObject({ ok: false, remedy: `chmod 600 ${layout.vaultKeyFile}` });
  rmSync(layout.vaultKeyFile);
  expect(await report('vault-key')).toMatchObject({ ok: false, evidence: `${layout.vaultKeyFile} is missing` });
});

it('notices a clock that went back', async () => {
  updateState(layout, '0.1.0', { lastHealthyAt: new Date(Date.now() - 1_000).toISOString() });
  expect(await report('clock')).toMatchObject({ ok: true });
  updateState(layout, '0.1.0', { lastHealthyAt: new Date(Date.now() + 3_600_000).toISOString() });
  expect(await report('clock')).toMatchObject({ ok: false });
});

it('warns where there is no backup, and says how to make one', async () => {
  expect(await report('last-backup')).toMatchObject({
    ok: false,
    severity: 'warning',
    remedy: `Make one: sfp server backup --tenant acme --base-dir ${base}`,
  });
});

it('tells of a plan that cannot be read, and of none while a command is at work', async () => {
  expect(await report('unfinished-work')).toMatchObject({ ok: true });
  const { dir, planFile } = restorePlace(layout);
  makePassableDirectory(dir);
  writeFileSync(planFile, '{');
  expect(await report('unfinished-work')).toMatchObject({ ok: false });
  const lock = lockStack(layout.lockFile, 'acme', 'sfp server restore');
  expect(await report('unfinished-work')).toMatchObject({ ok: true });
  lock.release();
});
