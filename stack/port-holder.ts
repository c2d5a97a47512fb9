import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** "process 1234 (nginx)" that listens on a TCP port; null when the platform or the rights do not tell. Linux only. */
export function portHolder(port: number): string | null {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(read(file), port)));
  if (inodes.size === 0) return null;
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      return `process ${pid} (${read(`/proc/${pid}/comm`).trim() || 'unknown'})`;
    }
  }
  return null;
}

/** Rows of /proc/net/tcp in state 0A (LISTEN) with this local port; column 10 is the socket's inode. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((column) => column[3] === '0A' && column[1]?.endsWith(`:${hex}`) === true)
    .flatMap((column) => (column[9] === undefined ? [] : [column[9]]));
}

// A process may end, or be another user's, while we look: then it simply is not the answer.
function orEmpty<Value>(empty: Value, get: () => Value): Value {
  try {
    return get();
  } catch {
    return empty;
  }
}
const read = (path: string): string => orEmpty('', () => readFileSync(path, 'utf8'));
const list = (path: string): string[] => orEmpty([], () => readdirSync(path));
const link = (path: string): string => orEmpty('', () => readlinkSync(path));
