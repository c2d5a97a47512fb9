import { closeSync, copyFileSync, openSync, readSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';

const logLimitBytes = 10 * 1024 * 1024;
const keptLogs = 3;

/** For a child to write to directly: its log does not depend on the supervisor's life. */
export const openLog = (path: string): number => openSync(path, 'a', 0o640);

/**
 * Starts a new file when this one is large: `x.log` is copied to `x.log.1` and emptied in place, because the children hold
 * it open (they append, so they go on at the new end). A line written in the moment between copy and truncate is lost.
 */
export function rotateLog(path: string, limitBytes = logLimitBytes): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= limitBytes) return false;
  rmSync(`${path}.${keptLogs}`, { force: true });
  for (let index = keptLogs - 1; index >= 1; index -= 1) {
    if (statSync(`${path}.${index}`, { throwIfNoEntry: false })) renameSync(`${path}.${index}`, `${path}.${index + 1}`);
  }
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
  return true;
}

/**
 * The last lines of a file, from at most its last 256 kB; empty when there is no file.
 * @param from the byte that the first of them may begin at; a file that is shorter was begun anew
 */
export function lastLines(path: string, count: number, from = 0): string[] {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const unread = size < from ? size : size - from;
  if (unread === 0 || count <= 0) return [];
  const length = Math.min(unread, 256 * 1024);
  const buffer = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    readSync(file, buffer, 0, length, size - length);
  } finally {
    closeSync(file);
  }
  const lines = buffer.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (length < unread) lines.shift();
  return lines.slice(-count);
}
