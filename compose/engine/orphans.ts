import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { processEnvironment, processIds } from '../../stack/process-environments.ts';
import { identify, isAlive, type ProcessIdentity, processIdentitySchema } from '../../stack/process-identity.ts';

const stackName = 'SFP_COMPOSE_STACK';
const starterName = 'SFP_COMPOSE_STARTER';
const pollMs = 20;
const limitMs = 10_000;

/** This process, so that what it starts can be told from what somebody started who is gone. */
export const starterMark = (): string => JSON.stringify(identify(process.pid));

/** In the environment of every Compose command: which stack it works on, and who started it. */
export const commandMarks = ({ dir }: StackLayout): Record<string, string> => ({
  [stackName]: dir,
  [starterName]: starterMark(),
});

const cleared = new Set<string>();

/**
 * Ends Compose commands of this stack whose starter is gone. A CLI that is killed leaves its `docker compose up` at work, and
 * that would go on to start and migrate what the next command has stopped or put back. Looks once in a process's life: whoever
 * calls has the stack's lock. Where there is no /proc nothing is found.
 */
export async function endOrphans({ dir }: StackLayout): Promise<void> {
  if (cleared.has(dir)) return;
  const orphans = orphansOf(dir);
  for (const { pid } of orphans) end(pid);
  const deadline = performance.now() + limitMs;
  while (orphans.some(isAlive)) {
    if (performance.now() > deadline) throw stuck(orphans.filter(isAlive));
    await delay(pollMs);
  }
  cleared.add(dir);
}

const orphansOf = (dir: string): ProcessIdentity[] =>
  processIds().flatMap((pid) => {
    const environment = processEnvironment(pid);
    if (!environment.includes(`${stackName}=${dir}`)) return [];
    const starter = environment.find((entry) => entry.startsWith(`${starterName}=`))?.slice(starterName.length + 1);
    const identity = identify(pid);
    return identity === null || isRunning(starter) ? [] : [identity];
  });

/** Whether the process of a mark still runs. */
export function isRunning(starter: string | undefined): boolean {
  const identity = processIdentitySchema.safeParse(JSON.parse(starter ?? 'null'));
  return identity.success && isAlive(identity.data);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const stuck = (left: readonly ProcessIdentity[]): SfpError =>
  new SfpError({
    code: 'compose_orphan',
    message: 'A Compose command that an interrupted command left does not end.',
    detail: `process ${left.map(({ pid }) => pid).join(', ')}`,
    suggestion: 'Look at what it waits for, end it, and run this command again.',
  });
