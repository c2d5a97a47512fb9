import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { type Failure, SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../layout.ts';
import { isBackupName, scratchPrefix } from './backup-name.ts';
import { assertChecksums, assertSizes, openBackup, type StoredBackup } from './backup-reader.ts';
import { removeScratch } from './backup-writer.ts';
import type { Manifest } from './manifest.ts';

export interface BackupEntry {
  name: string;
  path: string;
  /** `complete`: every file has its size; `verified`: every byte was read; `damaged`: not to be used. */
  status: 'complete' | 'verified' | 'damaged';
  createdAt: string | null;
  platformVersion: string | null;
  schemaVersion: number | null;
  encrypted: boolean | null;
  bytes: number | null;
  problem?: Failure;
}

/** The directory in which a stack keeps its backups when nobody says otherwise. */
export const backupsDir = (layout: StackLayout): string => join(layout.dir, 'backups');

const bytesOf = ({ files }: Manifest): number => files.reduce((sum, { size }) => sum + size, 0);

/** The backups of one stack in a directory, newest first. Those of other stacks there are left out. */
export async function listBackups(directory: string, tenant: string, verify: boolean): Promise<BackupEntry[]> {
  const entries: BackupEntry[] = [];
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    try {
      const backup = openBackup(path);
      if (backup.manifest.tenant === tenant) entries.push(await entryOf(name, backup, verify));
    } catch (error) {
      if (!(error instanceof SfpError)) throw error;
      if (isBackupName(name)) entries.push({ ...unknown, name, path, status: 'damaged', problem: error.toFailure() });
    }
  }
  return entries.sort((a, b) => (b.createdAt ?? b.name).localeCompare(a.createdAt ?? a.name));
}

const unknown = { createdAt: null, platformVersion: null, schemaVersion: null, encrypted: null, bytes: null };

async function entryOf(name: string, backup: StoredBackup, verify: boolean): Promise<BackupEntry> {
  const { path, manifest } = backup;
  const facts = {
    name,
    path,
    createdAt: manifest.createdAt,
    platformVersion: manifest.platformVersion,
    schemaVersion: manifest.schema.version,
    encrypted: manifest.encryption !== null,
    bytes: bytesOf(manifest),
  };
  try {
    if (verify) await assertChecksums(backup);
    else assertSizes(backup);
    return { ...facts, status: verify ? 'verified' : 'complete' };
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    return { ...facts, status: 'damaged', problem: error.toFailure() };
  }
}

/** The backup that `from` names: a path, a name in the stack's directory, or the newest one when left out. */
export async function findBackup(layout: StackLayout, from: string | undefined): Promise<StoredBackup> {
  const directory = backupsDir(layout);
  if (from !== undefined) {
    const named = join(directory, from);
    return openBackup(!isAbsolute(from) && isBackupName(from) && existsSync(named) ? named : resolve(from));
  }
  const newest = (await listBackups(directory, layout.tenant, false)).find(({ status }) => status === 'complete');
  if (newest !== undefined) return openBackup(newest.path);
  throw new SfpError({
    code: 'backup_not_found',
    message: `There is no complete backup in ${directory}.`,
    suggestion: 'Say where the backup is with --from <directory>.',
  });
}

/** Removes the oldest whole backups of a stack beyond `keep`; returns their names. Damaged ones are left for a person to see. */
export async function applyRetention(directory: string, layout: StackLayout, keep: number): Promise<string[]> {
  const whole = (await listBackups(directory, layout.tenant, false)).filter(({ status }) => status === 'complete');
  const removed = whole.slice(keep);
  for (const { path } of removed) removeBackup(path, layout);
  return removed.map(({ name }) => name);
}

/** Renamed first: half removed, it must not look like a backup. */
export function removeBackup(path: string, layout: StackLayout): void {
  const aside = join(dirname(path), `${scratchPrefix(layout)}${basename(path)}.removed`);
  renameSync(path, aside);
  removeScratch(aside);
}

/** Removes what killed backups of this stack left in a directory. */
export function removeLeftovers(directory: string, layout: StackLayout): number {
  const left = namesIn(directory).filter((name) => name.startsWith(scratchPrefix(layout)));
  for (const name of left) removeScratch(join(directory, name));
  return left.length;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
