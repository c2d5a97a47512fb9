import { readdirSync, readFileSync } from 'node:fs';

/** Set in the environment of every process of a stack, and by inheritance of what those start. */
export const stackMarker = 'SFP_STACK_DIR';
export const serviceMarker = 'SFP_STACK_SERVICE';

interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
}

/** All processes that this user may see, except zombies. Linux only; empty elsewhere. */
export function processTable(): ProcessRow[] {
  return pids().flatMap((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return stat === '' || state === 'Z' ? [] : [{ pid, parent: Number(parent), group: Number(group) }];
  });
}

/** Processes whose environment carries the marker of this stack (and, when given, of this service of it). */
export function markedProcesses(stackDir: string, service?: string): number[] {
  const wanted = [`${stackMarker}=${stackDir}`, ...(service === undefined ? [] : [`${serviceMarker}=${service}`])];
  return pids().filter((pid) => {
    if (pid === process.pid) return false;
    const environment = read(`/proc/${pid}/environ`).split('\0');
    return wanted.every((entry) => environment.includes(entry));
  });
}

export interface Memory {
  rssBytes: number;
  pssBytes: number | null;
}

/** Memory of a process and all its descendants, and of everything in its group; null where the kernel does not tell. */
export function treeMemory(root: number, table: readonly ProcessRow[]): Memory | null {
  const members = new Set([root]);
  for (let grew = true; grew; ) {
    const before = members.size;
    for (const row of table) if (row.group === root || members.has(row.parent)) members.add(row.pid);
    grew = members.size > before;
  }
  return sumMemory([...members]);
}

export const processMemory = (pid: number): Memory | null => sumMemory([pid]);

function sumMemory(members: readonly number[]): Memory | null {
  let rssBytes = 0;
  let pssBytes: number | null = 0;
  for (const pid of members) {
    const rss = kilobytes(read(`/proc/${pid}/status`), 'VmRSS');
    if (rss === null) continue;
    const pss = kilobytes(read(`/proc/${pid}/smaps_rollup`), 'Pss');
    rssBytes += rss;
    pssBytes = pssBytes === null || pss === null ? null : pssBytes + pss;
  }
  return rssBytes === 0 ? null : { rssBytes, pssBytes };
}

function kilobytes(text: string, name: string): number | null {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return value === undefined ? null : Number(value) * 1024;
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // no /proc on this system
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended, or it is another user's
  }
}
