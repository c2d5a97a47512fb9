import { readdirSync, readFileSync } from 'node:fs';
import { serviceMarker, stackMarker } from '../../../embedded/supervisor/process-table.ts';
import { postmasterPid } from './postmaster.ts';

export interface StackProcess {
  /** Which part of the stack it is. */
  service: string;
  pid: number;
  cpuMs: number;
  rssBytes: number;
  /** Pages shared with others count in part: the sum over all processes is what they really occupy. */
  pssBytes: number;
  /** Gone when this process goes. */
  privateBytes: number;
}

const tickMs = 10; // USER_HZ is 100 on every Linux that Node runs on

/** Every process of a stack now, by the marks in their environment; Postgres and its sessions by their parent. */
export function stackProcesses(stackDir: string): StackProcess[] {
  const postmaster = postmasterPid(stackDir);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const pid = Number(name);
      const service = serviceOf(pid, stackDir, postmaster);
      return service === null ? [] : [{ service, pid, cpuMs: cpuOf(pid), ...memoryOf(pid) }];
    });
}

/** CPU of each part since `before`, in ms; a part's processes that ended meanwhile are not in it. */
export function cpuSince(before: readonly StackProcess[], after: readonly StackProcess[]): Map<string, number> {
  const earlier = new Map(before.map(({ pid, cpuMs }) => [pid, cpuMs]));
  const used = new Map<string, number>();
  for (const { service, pid, cpuMs } of after) {
    used.set(service, (used.get(service) ?? 0) + cpuMs - (earlier.get(pid) ?? 0));
  }
  return used;
}

function serviceOf(pid: number, stackDir: string, postmaster: number | null): string | null {
  if (pid === postmaster || parentOf(pid) === postmaster) return 'postgres';
  const environment = read(`/proc/${pid}/environ`).split('\0');
  if (!environment.includes(`${stackMarker}=${stackDir}`)) return null;
  const marker = environment.find((entry) => entry.startsWith(`${serviceMarker}=`));
  return marker?.slice(serviceMarker.length + 1) ?? 'supervisor';
}

const statOf = (pid: number): string[] => {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};
const parentOf = (pid: number): number => Number(statOf(pid)[1]);

function cpuOf(pid: number): number {
  const stat = statOf(pid);
  return (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) * tickMs;
}

function memoryOf(pid: number): Pick<StackProcess, 'rssBytes' | 'pssBytes' | 'privateBytes'> {
  const text = read(`/proc/${pid}/smaps_rollup`);
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return {
    rssBytes: bytes('Rss'),
    pssBytes: bytes('Pss'),
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended, or it is another user's
  }
}
