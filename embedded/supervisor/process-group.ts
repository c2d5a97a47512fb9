import { setTimeout as delay } from 'node:timers/promises';

/** Sends a signal to a whole group; false when nobody is left in it. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  return send(-leader, signal);
}

export const signalProcess = (pid: number, signal: NodeJS.Signals): boolean => send(pid, signal);

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // EPERM: the leader runs as another user by now (Postgres); whoever may not signal it is not its owner either.
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

/** Polls until the condition holds; false when it did not within the limit. */
export async function within(limitMs: number, condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}
