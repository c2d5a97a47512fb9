import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ending a step for good. Its process group is the first target; a daemon that left the group is found by an environment
 * variable that every process of a step inherits (Linux only: other systems show no other process's environment).
 */
export const markerVariable = 'SFP_STEP_MARKER';

const graceMs = 2_000;
const pollMs = 20;

/** Sends SIGTERM to the whole tree, then SIGKILL to what is still there after the grace. Resolves when all are gone. */
export async function endProcessTree(groupId: number | undefined, marker: string, grace = graceMs): Promise<void> {
  await signalAll(groupId, marker, 'SIGTERM');
  if (await gone(groupId, marker, grace)) return;
  await signalAll(groupId, marker, 'SIGKILL');
  // A process that forks while it is being killed can slip through one round: repeat until none is left.
  for (let round = 0; round < 50 && !(await gone(groupId, marker, 100)); round += 1)
    await signalAll(groupId, marker, 'SIGKILL');
}

/** Pids of all processes whose environment carries `<markerVariable>=<prefix…>`. */
export async function markedProcesses(prefix: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const needle = `${markerVariable}=${prefix}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await hasMarker(pid, needle)) ? [pid] : [])));
  return found.flat();
}

async function hasMarker(pid: number, needle: string): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    return environment.split('\0').some((entry) => entry.startsWith(needle)) && !(await isZombie(pid));
  } catch (error) {
    // Ended meanwhile, or another user's: either way not a process of ours.
    if (['ENOENT', 'EACCES', 'EPERM', 'ESRCH'].includes(codeOf(error))) return false;
    throw error;
  }
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

async function signalAll(groupId: number | undefined, marker: string, signal: NodeJS.Signals): Promise<void> {
  if (groupId !== undefined) send(-groupId, signal);
  for (const pid of await markedProcesses(marker)) send(pid, signal);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    if (codeOf(error) === 'EPERM') return true;
    throw error;
  }
}

async function gone(groupId: number | undefined, marker: string, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const groupAlive = groupId !== undefined && (await groupHasLiving(groupId));
    if (!groupAlive && (await markedProcesses(marker)).length === 0) return true;
    if (Date.now() >= deadline) return false;
    await delay(pollMs);
  }
}

/** Signal 0 also reaches zombies that nobody has reaped yet, so on Linux the group's members are looked at. */
async function groupHasLiving(groupId: number): Promise<boolean> {
  if (!send(-groupId, 0)) return false;
  if (process.platform !== 'linux') return true;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch((error: unknown) => {
      if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return undefined;
      throw error;
    });
    if (stat === undefined) continue;
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(group) === groupId && state !== 'Z') return true;
  }
  return false;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
