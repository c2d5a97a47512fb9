import { statfsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openBackup } from '../../backup/backup-reader.ts';
import { backupsDir, listBackups } from '../../backup/catalogue.ts';
import type { Check } from '../../checks/check.ts';
import type { StackLayout } from '../../layout.ts';

/** For images or programs, the copy of the old version, and what the stack writes while it goes on. */
const baseBytes = 5_000_000_000;

const gigabytes = (bytes: number): string => `${(bytes / 1_000_000_000).toFixed(1)} GB`;

/**
 * Room for an update: the backup that it makes, and the databases unpacked again beside those in use when it has to go back.
 * What the data takes is what lies in the stack's directory, or what its last backup says where the data is elsewhere.
 */
export const roomCheck = (layout: StackLayout): Check => ({
  id: 'update-room',
  title: 'Room for the update',
  severity: 'error',
  async run() {
    const dataBytes = Math.max(await treeBytes(layout.dataDir), await lastBackupBytes(layout));
    const needed = 2 * dataBytes + baseBytes;
    const { bavail, bsize } = statfsSync(layout.dir);
    const free = bavail * bsize;
    return {
      ok: free >= needed,
      evidence: `${gigabytes(free)} free at ${layout.dir}, ${gigabytes(needed)} are wanted (2 x ${gigabytes(dataBytes)} of data + ${gigabytes(baseBytes)})`,
      remedy: `Free space there; or go on with what there is: --skip-check update-room (a backup that does not fit is noticed before anything is replaced).`,
    };
  },
});

async function lastBackupBytes(layout: StackLayout): Promise<number> {
  const newest = (await listBackups(backupsDir(layout), layout.tenant, false)).find(
    ({ status }) => status === 'complete',
  );
  return newest === undefined ? 0 : openBackup(newest.path).manifest.snapshot.unpackedBytes;
}

/** What a tree takes; what goes while it is looked at (a database at work) counts as nothing. */
async function treeBytes(directory: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(gone([]))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) sum += await treeBytes(path);
    else if (entry.isFile()) sum += (await stat(path).catch(gone({ size: 0 }))).size;
  }
  return sum;
}

const gone =
  <Value>(value: Value) =>
  (error: unknown): Value => {
    // EACCES: a directory of the database's own user, when the operator is not root.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) return value;
    throw error;
  };
