import { isAlive, processStart } from '../../stack/process-identity.ts';
import { readChildren, removeChildren } from './children-file.ts';
import { signalGroup, signalProcess, within } from './process-group.ts';
import { markedProcesses } from './process-table.ts';

export interface Leftover {
  pid: number;
  service: string;
  stopSignal: NodeJS.Signals;
  /** Leads a process group that belongs to the stack as a whole. */
  leader: boolean;
}

/**
 * Processes of a stack whose supervisor is gone: those it recorded and, on Linux, everything that carries the stack's
 * marker in its environment (what was started in the last moment, and what children started in groups of their own).
 */
export function findLeftovers(stack: { dir: string; runDir: string }): Leftover[] {
  const recorded = readChildren(stack.runDir)
    .filter(isAlive)
    .map(({ pid, service, stopSignal }) => ({ pid, service, stopSignal, leader: true }));
  const known = new Set(recorded.map(({ pid }) => pid));
  const marked = markedProcesses(stack.dir)
    .filter((pid) => !known.has(pid))
    .map((pid) => ({ pid, service: 'unrecorded', stopSignal: 'SIGTERM' as const, leader: false }));
  return [...recorded, ...marked];
}

/**
 * Ends them: asks, waits up to `graceMs`, then SIGKILL to whole groups. Resolves when none is left; returns who there was.
 * @param except a service that the caller ends after the others have (and then calls this again)
 */
export async function endLeftovers(
  stack: { dir: string; runDir: string },
  graceMs: number,
  except?: string,
): Promise<Leftover[]> {
  const find = (): Leftover[] => findLeftovers(stack).filter(({ service }) => service !== except);
  const found = find();
  signalAll(found, null);
  if (!(await within(graceMs, () => found.every(isGone)))) signalAll(find(), 'SIGKILL');
  // What the ended ones had started may only show now that they are gone.
  const isEmpty = (): boolean => {
    const left = find();
    signalAll(left, 'SIGKILL');
    return left.length === 0;
  };
  if (!(await within(5_000, isEmpty))) {
    const pids = find().map(({ pid }) => pid);
    throw new Error(`processes ${pids.join(', ')} of the stack do not end, not even by SIGKILL`);
  }
  if (except === undefined) removeChildren(stack.runDir);
  return found;
}

const isGone = ({ pid }: Leftover): boolean => processStart(pid) === null;

/** @param forced null asks each in its own way: Postgres shuts down fast on SIGINT and waits for its clients on SIGTERM. */
function signalAll(leftovers: readonly Leftover[], forced: 'SIGKILL' | null): void {
  for (const { pid, leader, stopSignal } of leftovers) {
    // Asked politely, a leader ends its own: a signal to each of a group would disturb that.
    if (forced === null) signalProcess(pid, stopSignal);
    else if (leader) signalGroup(pid, forced);
    else signalProcess(pid, forced);
  }
}
