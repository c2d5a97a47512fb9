import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What `postmaster.pid` of a data directory says; the file survives a kill -9, so it alone proves nothing. */
export interface PostmasterPid {
  pid: number;
  dataDir: string;
}

/** Parses the lock file's first two lines (src/backend/utils/init/miscinit.c: pid, data directory). */
export const parsePostmasterPid = (text: string): PostmasterPid | undefined => {
  const [pid, dataDir] = text.split('\n');
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 0 || dataDir === undefined || dataDir === '') return undefined;
  return { pid: number, dataDir };
};

/** The postmaster that really runs on this data directory, or undefined for no lock file, a stale one or a reused pid. */
export async function runningPostmaster(dataDir: string): Promise<number | undefined> {
  const found = parsePostmasterPid(await readIfThere(join(dataDir, 'postmaster.pid')));
  if (found === undefined || !isAlive(found.pid)) return undefined;
  return (await isPostmasterOf(found.pid, dataDir)) ? found.pid : undefined;
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** After a reboot the pid may belong to anything. Linux tells the command line; elsewhere the live pid has to do. */
async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const state = /^\d+ \(.*\) (\S)/.exec(await readIfThere(`/proc/${pid}/stat`))?.[1];
  if (state === undefined || state === 'Z') return false;
  const command = (await readIfThere(`/proc/${pid}/cmdline`)).split('\0');
  return command.includes(dataDir) || command.some((argument) => argument.startsWith('postgres: '));
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return '';
    throw error;
  }
}
