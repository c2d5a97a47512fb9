import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { z } from 'zod';
import { failureSchema } from '../contracts/error.ts';
import { readTextFile } from './atomic-file.ts';

const journalEntrySchema = z.object({
  at: z.string(),
  /** The operating system's user. */
  who: z.string(),
  pid: z.number().int(),
  command: z.string(),
  step: z.string(),
  result: z.enum(['started', 'done', 'skipped', 'failed']),
  durationMs: z.number().optional(),
  failure: failureSchema.optional(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;
export type JournalNote = Pick<JournalEntry, 'command' | 'step' | 'result' | 'durationMs' | 'failure'>;

/** journal.jsonl: one line for each lifecycle step, on disk before the next step begins. */
export function appendJournal(path: string, note: JournalNote): void {
  const entry: JournalEntry = { at: new Date().toISOString(), who: userName(), pid: process.pid, ...note };
  const file = openSync(path, 'a', 0o644);
  try {
    writeSync(file, `${JSON.stringify(entry)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** All entries that can be read; a line cut off by a crash is left out. */
export function readJournal(path: string): JournalEntry[] {
  return (readTextFile(path) ?? '').split('\n').flatMap((line) => {
    try {
      return [journalEntrySchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // no entry in the user database, as in many containers
  }
}
