import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { stackLayout } from '../../stack/layout.ts';
import { processEnvironment } from '../../stack/process-environments.ts';
import { identify, isAlive, type ProcessIdentity } from '../../stack/process-identity.ts';
import { waitFor } from '../../test/support/wait.ts';
import { commandMarks, endOrphans } from './orphans.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

function place() {
  const base = mkdtempSync(join(tmpdir(), 'sfp-orphans-'));
  undo.push(() => rmSync(base, { recursive: true, force: true }));
  return stackLayout(base, 'acme');
}

/** A process with these marks that would run for a minute. */
async function started(marks: Record<string, string>): Promise<ProcessIdentity> {
  const child = spawn('sleep', ['60'], { env: { ...process.env, ...marks }, stdio: 'ignore' });
  undo.push(() => void child.kill('SIGKILL'));
  const { pid = 0 } = child;
  // Between fork and exec it still has the environment of this one.
  const entry = `SFP_COMPOSE_STACK=${marks.SFP_COMPOSE_STACK}`;
  await waitFor(() => processEnvironment(pid).includes(entry), { timeoutMs: 5_000, what: 'the process' });
  const identity = identify(pid);
  if (identity === null) throw new Error('it ended');
  return identity;
}

it('ends what a killed command left at work on the stack, and nothing else', async () => {
  const layout = place();
  const mine = commandMarks(layout);
  const gone = { ...mine, SFP_COMPOSE_STARTER: JSON.stringify({ pid: process.pid, startedAt: 'another boot' }) };
  const orphan = await started(gone);
  const ofMine = await started(mine);
  const elsewhere = await started({ ...gone, SFP_COMPOSE_STACK: place().dir });
  await endOrphans(layout);
  expect([orphan, ofMine, elsewhere].map(isAlive)).toEqual([false, true, true]);
});
