import { readJournal } from '../journal.ts';
import type { StackLayout } from '../layout.ts';
import { backupsDir, listBackups } from './catalogue.ts';

export interface LastBackup {
  /** Null when it was written to a place outside the stack, which only the journal remembers. */
  name: string | null;
  path: string | null;
  createdAt: string;
  encrypted: boolean | null;
  ageMs: number;
}

/** The newest whole backup: of those in the stack's own directory and, when a later one went elsewhere, of the journal. */
export async function lastBackup(layout: StackLayout, now: Date): Promise<LastBackup | null> {
  const ageMs = (createdAt: string): number => Math.max(0, now.getTime() - new Date(createdAt).getTime());
  const kept = (await listBackups(backupsDir(layout), layout.tenant, false)).find(
    ({ status, createdAt }) => status === 'complete' && createdAt !== null,
  );
  const noted = readJournal(layout.journalFile).findLast(
    ({ command, step, result }) => command === 'backup' && step === 'verify' && result === 'done',
  );
  if (kept?.createdAt != null && (noted === undefined || !isLater(noted.at, kept.createdAt))) {
    const { name, path, createdAt, encrypted } = kept;
    return { name, path, createdAt, encrypted, ageMs: ageMs(createdAt) };
  }
  if (noted === undefined) return null;
  return { name: null, path: null, createdAt: noted.at, encrypted: null, ageMs: ageMs(noted.at) };
}

/** A backup's own time is its beginning, the journal's its end: within a day both mean the same backup. */
const isLater = (noted: string, kept: string): boolean =>
  new Date(noted).getTime() - new Date(kept).getTime() > 24 * 3_600_000;

const staleAfterMs = 7 * 24 * 3_600_000;

/** What there is to say against the last backup; null when it is a good one. */
export function backupWarning(last: LastBackup | null): string | null {
  if (last === null) return 'There is no backup of this stack.';
  if (last.ageMs <= staleAfterMs) return null;
  return `The last backup is ${Math.floor(last.ageMs / (24 * 3_600_000))} days old.`;
}
