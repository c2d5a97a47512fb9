import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import { isAlive, runningPostmaster } from './postmaster-pid.ts';

const rotateAtBytes = 20_000_000;

export interface ServerCommand {
  program: string;
  args: string[];
  cwd: string;
  account: Account | undefined;
  logFile: string;
}

/**
 * Starts the postmaster in a session of its own, so that a terminal's Ctrl-C reaches only the supervisor, and with a file
 * for its messages, so that it survives the supervisor's death without writing into a broken pipe.
 */
export async function spawnServer({ program, args, cwd, account, logFile }: ServerCommand): Promise<ChildProcess> {
  await rotate(logFile);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    await once(child, 'spawn');
    return child;
  } finally {
    closeSync(log);
  }
}

/** Ends the postmaster of a data directory: fast (sessions are cut, data is written), then immediate, then the kernel. */
export async function endPostmaster(pid: number, dataDir: string, fastTimeoutMs: number): Promise<void> {
  const stages = [
    { signal: 'SIGINT', limitMs: fastTimeoutMs },
    { signal: 'SIGQUIT', limitMs: 5_000 },
    { signal: 'SIGKILL', limitMs: 5_000 },
  ] as const;
  for (const { signal, limitMs } of stages) {
    if ((await runningPostmaster(dataDir)) !== pid && !isAlive(pid)) return;
    process.kill(pid, signal);
    if (await gone(pid, limitMs)) return;
  }
  throw new Error(`postmaster ${pid} does not end`);
}

/** The newest lines of the server's log, for an error's detail. */
export async function logTail(logFile: string, bytes = 4_000): Promise<string> {
  const handle = await open(logFile, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, bytes));
    await handle.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').split('\n').slice(-15).join('\n').trim();
  } finally {
    await handle.close();
  }
}

async function gone(pid: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

async function rotate(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size < rotateAtBytes) return;
  await rm(`${logFile}.1`, { force: true });
  await rename(logFile, `${logFile}.1`);
}
