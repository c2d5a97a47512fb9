import { processEnvironment, processIds, readProcessFile } from '../../stack/process-environments.ts';

/** Set in the environment of every process of a stack, and by inheritance of what those start. */
export const stackMarker = 'SFP_STACK_DIR';
export const serviceMarker = 'SFP_STACK_SERVICE';

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  /** Time that it has used of a core, in clock ticks: its own, without that of children that have ended. */
  ticks: number;
}

/** All processes that this user may see, except zombies. Linux only; empty elsewhere. */
export function processTable(): ProcessRow[] {
  return processIds().flatMap((pid) => {
    const stat = readProcessFile(pid, 'stat');
    // From the third field on (proc_pid_stat(5)): the second, the name, may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent, group] = fields;
    const ticks = Number(fields[11]) + Number(fields[12]);
    return stat === '' || state === 'Z' ? [] : [{ pid, parent: Number(parent), group: Number(group), ticks }];
  });
}

/** Processes whose environment carries the marker of this stack (and, when given, of this service of it). */
export function markedProcesses(stackDir: string, service?: string): number[] {
  const wanted = [`${stackMarker}=${stackDir}`, ...(service === undefined ? [] : [`${serviceMarker}=${service}`])];
  return processIds().filter((pid) => {
    if (pid === process.pid) return false;
    const environment = processEnvironment(pid);
    return wanted.every((entry) => environment.includes(entry));
  });
}

export interface Memory {
  rssBytes: number;
  pssBytes: number | null;
}

/** A process and all its descendants, and everything in its group. */
export function treeMembers(root: number, table: readonly ProcessRow[]): number[] {
  const members = new Set([root]);
  for (let grew = true; grew; ) {
    const before = members.size;
    for (const row of table) if (row.group === root || members.has(row.parent)) members.add(row.pid);
    grew = members.size > before;
  }
  return [...members];
}

/** What these processes have together; null where the kernel does not tell. */
export function sumMemory(members: readonly number[]): Memory | null {
  let rssBytes = 0;
  let pssBytes: number | null = 0;
  for (const pid of members) {
    const rss = kilobytes(readProcessFile(pid, 'status'), 'VmRSS');
    if (rss === null) continue;
    const pss = kilobytes(readProcessFile(pid, 'smaps_rollup'), 'Pss');
    rssBytes += rss;
    pssBytes = pssBytes === null || pss === null ? null : pssBytes + pss;
  }
  return rssBytes === 0 ? null : { rssBytes, pssBytes };
}

function kilobytes(text: string, name: string): number | null {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return value === undefined ? null : Number(value) * 1024;
}
