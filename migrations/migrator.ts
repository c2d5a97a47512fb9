import { Client } from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { migrationFailure } from './failure.ts';
import type { Migration } from './migration-file.ts';
import { checkPreconditions } from './preconditions.ts';
import { splitStatements } from './statements.ts';

// Any constant; the same in every version, so that migrators of different versions exclude each other.
const lockKey = 7_305_102;
const lockTimeoutMs = 60_000;

const appliedSchema = z.array(
  z.object({
    version: z.number(),
    file: z.string(),
    checksum: z.string(),
    breaking: z.boolean(),
    applied_at: z.date(),
  }),
);
type Applied = z.infer<typeof appliedSchema>[number];

export interface MigrationState {
  version: number;
  file: string;
  breaking: boolean;
  /** `changed`: the applied text differs from the file; `unknown`: applied by a newer version of the platform. */
  state: 'applied' | 'pending' | 'changed' | 'unknown';
  appliedAt: string | null;
}

async function readApplied(client: Client): Promise<Applied[]> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('private.migrations') is not null as found`,
  );
  if (rows[0]?.found !== true) return [];
  const applied = await client.query(
    'select version, file, checksum, breaking, applied_at from private.migrations order by 1',
  );
  return appliedSchema.parse(applied.rows);
}

const changed = (migration: Migration): SfpError =>
  new SfpError({
    code: 'migration_changed',
    message: `${migration.file} was changed after it had been applied.`,
    detail: `checksum of the file: ${migration.checksum}`,
    suggestion: 'Restore the released file; put the change into a new migration.',
  });

const newer = (row: Applied): SfpError =>
  new SfpError({
    code: 'schema_too_new',
    message: `The database has the breaking migration ${row.file}, which this version of the platform does not know.`,
    suggestion: 'Run the newer platform version, or restore the backup made before its update.',
  });

async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query('begin');
  for (const statement of splitStatements(migration.sql)) {
    try {
      await client.query(statement.sql);
    } catch (error) {
      // A lost connection has rolled back by itself; its own error would hide the cause.
      await client.query('rollback').catch(() => undefined);
      throw migrationFailure(migration, statement, error);
    }
  }
  await client.query('insert into private.migrations (version, file, checksum, breaking) values ($1, $2, $3, $4)', [
    migration.version,
    migration.file,
    migration.checksum,
    migration.breaking,
  ]);
  await client.query('commit');
}

/** Runs `work` on a connection that holds the migrators' lock. The lock ends with the connection, also after kill -9. */
async function locked<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'sfp-migrations' });
  await client.connect();
  try {
    await client.query(
      `select set_config('lock_timeout', $1, false), set_config('statement_timeout', '0', false),
      set_config('search_path', '', false), set_config('client_min_messages', 'warning', false)`,
      [String(lockTimeoutMs)],
    );
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Applies what is missing, in order, one transaction each. Returns the files it applied. */
export async function migrateUp(
  databaseUrl: string,
  migrations: readonly Migration[],
  { log, after }: { log: Logger; after?: (client: Client) => Promise<void> },
): Promise<string[]> {
  return locked(databaseUrl, async (client) => {
    await checkPreconditions(client);
    await client.query('create schema if not exists private');
    await client.query(`create table if not exists private.migrations (version int primary key, file text not null,
      checksum text not null, breaking boolean not null, applied_at timestamptz not null default now())`);
    await client.query('alter table private.migrations enable row level security');
    const applied = new Map((await readApplied(client)).map((row) => [row.version, row]));
    for (const migration of migrations) {
      const row = applied.get(migration.version);
      if (row !== undefined && row.checksum !== migration.checksum) throw changed(migration);
    }
    for (const row of applied.values()) {
      if (row.version <= migrations.length) continue;
      if (row.breaking) throw newer(row);
      log.warn({ file: row.file }, 'the database has a newer migration');
    }
    const pending = migrations.filter(({ version }) => !applied.has(version));
    for (const migration of pending) {
      await apply(client, migration);
      log.info({ file: migration.file, breaking: migration.breaking }, 'applied');
    }
    await after?.(client);
    // Grants and policies do not fire the reload trigger by themselves.
    if (pending.length > 0) await client.query(`notify pgrst, 'reload schema'`);
    return pending.map(({ file }) => file);
  });
}

/** What is applied and what is not; changes nothing and waits for no lock. */
export async function migrationStatus(
  databaseUrl: string,
  migrations: readonly Migration[],
): Promise<MigrationState[]> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'sfp-migrations' });
  await client.connect();
  try {
    const applied = new Map((await readApplied(client)).map((row) => [row.version, row]));
    const known = migrations.map((migration): MigrationState => {
      const row = applied.get(migration.version);
      applied.delete(migration.version);
      const state = row === undefined ? 'pending' : row.checksum === migration.checksum ? 'applied' : 'changed';
      const { version, file, breaking } = migration;
      return { version, file, breaking, state, appliedAt: row?.applied_at.toISOString() ?? null };
    });
    const unknown = [...applied.values()].map(
      ({ version, file, breaking, applied_at }): MigrationState => ({
        version,
        file,
        breaking,
        state: 'unknown',
        appliedAt: applied_at.toISOString(),
      }),
    );
    return [...known, ...unknown];
  } finally {
    await client.end();
  }
}
