import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Logger } from 'pino';

// Beside GoTrue's own fourteen-digit versions in auth.schema_migrations; each file can be run over its own result.
const migrations = [
  ['sfp0001', '0001_users.sql'],
  ['sfp0002', '0002_sessions.sql'],
  ['sfp0003', '0003_single_sign_on.sql'],
  ['sfp0004', '0004_oauth.sql'],
  ['sfp0005', '0005_functions_and_grants.sql'],
] as const;

/** The newest migration of the GoTrue release whose tables ours equal: a schema that has it needs nothing of ours. */
const finished = '20260625000000';
const lockKey = 7_238_411_905;

/**
 * Brings the schema `auth` to GoTrue's tables: from nothing, from the database image's skeleton, or from an earlier
 * version of ours. One transaction under an advisory lock, so that two starts at once do not meet.
 */
export async function migrate(databaseUrl: string, log: Logger): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'sfp-auth-migrate' });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    const applied = await appliedVersions(client);
    if (!applied.has(finished)) {
      for (const [version, file] of migrations) {
        if (applied.has(version)) continue;
        await client.query(await readFile(new URL(`./migrations/${file}`, import.meta.url), 'utf8'));
        await client.query('insert into auth.schema_migrations (version) values ($1)', [version]);
        log.info({ version, file }, 'migration applied');
      }
    }
    await client.query('commit');
  } finally {
    await client.end();
  }
}

async function appliedVersions(client: pg.Client): Promise<Set<string>> {
  const table = await client.query<{ known: boolean }>(
    `select to_regclass('auth.schema_migrations') is not null as known`,
  );
  if (table.rows[0]?.known !== true) return new Set();
  const versions = await client.query<{ version: string }>('select version from auth.schema_migrations');
  return new Set(versions.rows.map((row) => row.version));
}
