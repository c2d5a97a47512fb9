import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SfpError } from '../contracts/error.ts';

export interface Migration {
  version: number;
  /** File name without the directory. */
  file: string;
  breaking: boolean;
  purpose: string;
  sql: string;
  /** Hex SHA-256 of the text; a file is immutable once applied anywhere. */
  checksum: string;
}

const migrationsDirectory = fileURLToPath(new URL('.', import.meta.url));

const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/;
const header = /^-- breaking: (no|yes)\n-- (.+)\n/;

/** Reads one file's name, header and text. */
export function parseMigration(file: string, text: string): Migration {
  const sql = text.replaceAll('\r\n', '\n');
  const version = fileName.exec(file)?.[1];
  const [, breaking, purpose] = header.exec(sql) ?? [];
  if (version === undefined || breaking === undefined || purpose === undefined) {
    throw new SfpError({
      code: 'migration_malformed',
      message: `${file} is not a migration.`,
      detail: 'Expected NNNN_name.sql with the lines "-- breaking: no|yes" and "-- <purpose>" first.',
      suggestion: 'Correct the name or the two header lines.',
    });
  }
  const checksum = createHash('sha256').update(sql).digest('hex');
  return { version: Number(version), file, breaking: breaking === 'yes', purpose, sql, checksum };
}

/** All migrations in order. The numbers are 1, 2, 3 … without a hole. */
export async function readMigrations(directory: string = migrationsDirectory): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    files.map(async (file) => parseMigration(file, await readFile(`${directory}/${file}`, 'utf8'))),
  );
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new SfpError({
        code: 'migration_numbering',
        message: `${migration.file} should have the number ${String(index + 1).padStart(4, '0')}.`,
        suggestion: 'Number the files 0001, 0002 … without a hole or a double.',
      });
    }
  });
  return migrations;
}
