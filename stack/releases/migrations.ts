import { readdirSync, readFileSync } from 'node:fs';

/** What an operator has to know about a migration before it runs. */
export interface PlatformMigration {
  version: number;
  file: string;
  /** Programs of older versions do not run on what it leaves. */
  breaking: boolean;
  /** What it does, one line. */
  purpose: string;
}

const directory = new URL('../../migrations/', import.meta.url);
const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/;
// The migrator refuses a file without these two lines (migrations/migration-file.ts), so every file here has them.
const header = /^-- breaking: (no|yes)\r?\n-- (.+)/;

/** The migrations of this version of the platform, oldest first. */
export const platformMigrations = (): PlatformMigration[] =>
  readdirSync(directory)
    .filter((file) => fileName.test(file))
    .sort()
    .map((file) => {
      const [, breaking, purpose = ''] = header.exec(readFileSync(new URL(file, directory), 'utf8')) ?? [];
      return { version: Number(file.slice(0, 4)), file, breaking: breaking === 'yes', purpose };
    });
