import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Pid of the stack's database server, from the file that it keeps; null when it does not run. */
export function postmasterPid(stackDir: string): number | null {
  try {
    return Number(readFileSync(join(stackDir, 'data', 'postgres', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  } catch {
    return null;
  }
}
