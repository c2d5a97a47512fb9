import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A process that is not mistaken for another one that got the same pid later. */
export const processIdentitySchema = z.object({
  pid: z.number().int().positive(),
  /** Linux: boot id and start in clock ticks since boot; elsewhere what `ps` says. */
  startedAt: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** When the process began, as an opaque string; null when there is no such process. A zombie is no process any more. */
export function processStart(pid: number): string | null {
  return process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
}

export function identify(pid: number): ProcessIdentity | null {
  const startedAt = processStart(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export const isAlive = (identity: ProcessIdentity): boolean => processStart(identity.pid) === identity.startedAt;

let bootId: string | undefined;

function linuxStart(pid: number): string | null {
  const fields = statFields(pid);
  if (fields === null || fields[0] === 'Z' || fields[0] === 'X') return null;
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${bootId}:${fields[19]}`;
}

/** Fields of /proc/<pid>/stat from the third one (state) on: the second, the name, may hold blanks and parentheses. */
function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null; // no such process
  }
}

function psStart(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' || text.startsWith('Z') ? null : text.replace(/^\S+\s+/, '');
  } catch {
    return null; // ps exits 1 when there is no such process
  }
}
