import { readdirSync, readFileSync } from 'node:fs';

/** Ids of all processes. Linux only; empty elsewhere. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // no /proc on this system
  }
}

/** A file of /proc; empty when its process ended, or is another user's. */
export function readProcessFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** `NAME=value` entries with which a process was started. */
export const processEnvironment = (pid: number): string[] => readProcessFile(pid, 'environ').split('\0');
