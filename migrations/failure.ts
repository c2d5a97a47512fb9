import { DatabaseError } from 'pg';
import { SfpError } from '../contracts/error.ts';
import type { Migration } from './migration-file.ts';
import type { Statement } from './statements.ts';

const suggestions: Record<string, string> = {
  '42501': 'The migrations run as the role postgres; the statement needs a right that this role does not have.',
  '42P07': 'Something made this object by hand. Remove it, or restore the last backup, then start again.',
  '42710': 'Something made this object by hand. Remove it, or restore the last backup, then start again.',
  '55P03': 'Another session holds a lock. End long transactions on the database, then start again.',
  '53100': 'The disk of the database is full. Free some space, then start again.',
};

/** The line within the file: exact when Postgres says where, else where the statement begins. */
function lineOf(statement: Statement, error: unknown): number {
  const position = error instanceof DatabaseError ? Number(error.position ?? 0) : 0;
  if (position === 0) return statement.line;
  return statement.line + statement.sql.slice(0, position - 1).split('\n').length - 1;
}

/** A failed statement of a migration, readable without the source: file, line, SQLSTATE, excerpt, what to do. */
export function migrationFailure(migration: Migration, statement: Statement, error: unknown): SfpError {
  const database = error instanceof DatabaseError ? error : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  const state = database?.code ?? 'no SQLSTATE';
  const lines = [
    `${migration.file}:${lineOf(statement, error)}: ${reason} (${state})`,
    ...(database?.detail === undefined ? [] : [database.detail]),
    ...(database?.where === undefined ? [] : [database.where]),
    statement.sql.split('\n').slice(0, 6).join('\n'),
  ];
  return new SfpError(
    {
      code: 'migration_failed',
      message: `Migration ${migration.file} failed; nothing of it was kept.`,
      detail: lines.join('\n'),
      suggestion: suggestions[state] ?? 'Nothing of the migration was kept: correct the cause, then start again.',
    },
    { cause: error },
  );
}
