import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait.ts';

/** A started role of the stack: a Node process of its own. */
export interface Role {
  process: ChildProcess;
  /** Everything it wrote so far, stdout and stderr mixed. */
  output(): string;
  /** SIGTERM, then SIGKILL after `timeoutMs`; resolves with the exit code (null when a signal ended it). */
  stop(timeoutMs?: number): Promise<number | null>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a `main.ts` with exactly this environment (plus PATH) and waits until it is ready. A role that exits first, or is
 * not ready in time, fails with its output; nothing is left running.
 */
export async function startRole(
  entry: URL | string,
  env: Record<string, string>,
  { ready, timeoutMs = 20_000 }: { ready: () => Promise<boolean>; timeoutMs?: number },
): Promise<Role> {
  const path = typeof entry === 'string' && !entry.startsWith('file:') ? entry : fileURLToPath(entry);
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const collect = (chunk: string): void => {
    output = (output + chunk).slice(-200_000);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const exited = once(child, 'exit').then(() => {
    running.delete(child);
    return child.exitCode;
  });
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async (limitMs = 10_000): Promise<number | null> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    try {
      return await exited;
    } finally {
      clearTimeout(timer);
    }
  };

  try {
    await waitFor(async () => hasExited() || (await ready().catch(() => false)), {
      timeoutMs,
      what: `${path} to be ready`,
      everyMs: 20,
    });
  } catch (cause) {
    await kill();
    throw new Error(`${path} was not ready in ${timeoutMs} ms:\n${output}`, { cause });
  }
  if (hasExited()) throw new Error(`${path} exited (${child.exitCode ?? child.signalCode}):\n${output}`);
  return { process: child, output: () => output, stop, kill };
}
