import { readdir, readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';

const directory = new URL('./migrations/', import.meta.url);
/** Ours start far above the versions of the official image, so that both may record theirs in one table. */
const versionBase = 90_000_000_000_000;
const advisoryLock = 7_249_011_803;

/** Brings schema `realtime` to this version: each file once, in one transaction, recorded in realtime.schema_migrations. */
export async function migrate(pool: Pool, log: Logger): Promise<void> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('set local statement_timeout = 0');
    await client.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    await client.query('create schema if not exists realtime');
    await client.query(
      'create table if not exists realtime.schema_migrations (version bigint primary key, inserted_at timestamp(0) without time zone)',
    );
    await client.query(
      'revoke all on realtime.schema_migrations from public, postgres, anon, authenticated, service_role',
    );
    const known = await client.query<{ version: string }>('select version from realtime.schema_migrations');
    const done = new Set(known.rows.map((row) => Number(row.version)));
    for (const file of files) {
      const version = versionBase + Number.parseInt(file, 10);
      if (done.has(version)) continue;
      await client.query(await readFile(new URL(file, directory), 'utf8'));
      await client.query("insert into realtime.schema_migrations values ($1, now() at time zone 'utc')", [version]);
      log.info({ file }, 'realtime migration applied');
    }
    await client.query('select realtime.sfp_maintain_partitions()');
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
