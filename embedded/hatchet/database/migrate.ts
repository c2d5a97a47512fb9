import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';

/** Numbered and never edited once released; each runs in a transaction of its own. */
const migrations = ['0001_engine.sql'].map((name) => ({
  name,
  sql: readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'),
}));

const lockId = 20_261_121;
const appliedSchema = z.array(z.object({ name: z.string(), checksum: z.string() }));

/** Brings the engine's database to this version. Safe to call from several processes at once, and again. */
export async function migrate(pool: Pool): Promise<string[]> {
  const client = await pool.connect();
  const done: string[] = [];
  try {
    await client.query('select pg_advisory_lock($1)', [lockId]);
    await client.query(`create table if not exists engine_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`);
    const { rows } = await client.query('select name, checksum from engine_migrations');
    const applied = new Map(appliedSchema.parse(rows).map((row) => [row.name, row.checksum]));
    for (const { name, sql } of migrations) {
      const checksum = createHash('sha256').update(sql).digest('hex');
      const known = applied.get(name);
      if (known !== undefined && known !== checksum) throw changed(name);
      if (known !== undefined) continue;
      await client.query('begin');
      try {
        await client.query(sql);
        await client.query('insert into engine_migrations (name, checksum) values ($1, $2)', [name, checksum]);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
      done.push(name);
    }
    await client.query('select pg_advisory_unlock($1)', [lockId]);
  } finally {
    client.release();
  }
  return done;
}

const changed = (name: string): SfpError =>
  new SfpError({
    code: 'engine_migration_changed',
    message: `The task engine's migration ${name} differs from the one this database was made with.`,
    suggestion: 'Start the version of sfp that made this database, or restore a backup.',
  });
