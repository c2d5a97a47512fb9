import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Migration, parseMigration, readMigrations } from '../../../migrations/migration-file.ts';
import { migrateUp, migrationStatus } from '../../../migrations/migrator.ts';
import type { TestPostgres } from '../../support/postgres.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait.ts';
import { startPlatformDatabase } from './core-database.ts';
import { dumpSchema } from './dump.ts';

const log = pino({ level: 'silent' });
const main = fileURLToPath(new URL('../../../migrations/main.ts', import.meta.url));
let postgres: TestPostgres;
let url: string;
beforeAll(async () => {
  postgres = await startPlatformDatabase();
  url = postgres.url('postgres');
});
afterAll(() => postgres.stop());

const query = async (sql: string): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};
const extra = (version: number, body: string, breaking = 'no'): Migration =>
  parseMigration(`${String(version).padStart(4, '0')}_extra.sql`, `-- breaking: ${breaking}\n-- A test.\n${body}\n`);
const startMain = (env: Record<string, string>, ...args: string[]) =>
  spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
const output = async (child: ReturnType<typeof startMain>): Promise<string> => {
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return text;
};

describe('the migrator', () => {
  it('says what is missing before auth and realtime have done theirs', async () => {
    const bare = await startTestPostgres();
    try {
      await expect(migrateUp(bare.url('postgres'), await readMigrations(), { log })).rejects.toMatchObject({
        code: 'migration_preconditions',
        message: expect.stringContaining('realtime.send()'),
      });
    } finally {
      await bare.stop();
    }
  });

  it('lets many migrate at once: each file is applied once', async () => {
    const migrations = await readMigrations();
    const applied = await Promise.all(Array.from({ length: 6 }, () => migrateUp(url, migrations, { log })));
    expect(applied.flat().sort()).toEqual(migrations.map(({ file }) => file));
    expect(await migrateUp(url, migrations, { log })).toEqual([]);
    expect(new Set((await migrationStatus(url, migrations)).map(({ state }) => state))).toEqual(new Set(['applied']));
  });

  it('names a changed file, and a breaking one that it does not know', async () => {
    const migrations = await readMigrations();
    const touched = migrations.map((migration, n) => (n === 2 ? { ...migration, checksum: 'other' } : migration));
    await expect(migrateUp(url, touched, { log })).rejects.toMatchObject({
      code: 'migration_changed',
      message: expect.stringContaining(migrations[2]?.file ?? '?'),
    });
    expect((await migrationStatus(url, touched))[2]).toMatchObject({ state: 'changed' });

    const next = migrations.length + 1;
    await migrateUp(url, [...migrations, extra(next, 'select 1;')], { log });
    expect(await migrateUp(url, migrations, { log })).toEqual([]);
    expect((await migrationStatus(url, migrations)).at(-1)).toMatchObject({ version: next, state: 'unknown' });
    await query(`update private.migrations set breaking = true where version = ${next}`);
    await expect(migrateUp(url, migrations, { log })).rejects.toMatchObject({ code: 'schema_too_new' });
    expect(await query('select public.platform_schema() as s')).toEqual([{ s: { version: next, breaking: next } }]);
    await query(`delete from private.migrations where version = ${next}`);
  });

  it('keeps nothing of a failed migration and says where it failed', async () => {
    const migrations = await readMigrations();
    const broken = extra(migrations.length + 1, `create table public.half (id int);\n\nselect 1,\n  nonsense();`);
    const failed = migrateUp(url, [...migrations, broken], { log });
    await expect(failed).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining(broken.file),
      detail: expect.stringMatching(/_extra\.sql:6: function nonsense\(\) does not exist \(42883\)[\s\S]*select 1,/),
    });
    expect(await query(`select to_regclass('public.half') as half`)).toEqual([{ half: null }]);
  });

  it('stores the dispatch settings: the address in the table, the secret in Vault only', async () => {
    const env = {
      SFP_MIGRATIONS_DATABASE_URL: url,
      SFP_DISPATCH_URL: 'http://127.0.0.1:9/a',
      SFP_DISPATCH_SECRET: 'first-secret-of-dispatch',
    };
    for (const secret of ['first-secret-of-dispatch', 'second-secret-of-dispatch']) {
      const child = startMain({ ...env, SFP_DISPATCH_SECRET: secret });
      const text = await output(child);
      expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
      expect(text).not.toContain(secret);
      expect(
        await query(`select decrypted_secret as s from vault.decrypted_secrets where name = 'sfp_dispatch_secret'`),
      ).toEqual([{ s: secret }]);
    }
    expect(await query('select url from private.dispatch_settings')).toEqual([{ url: 'http://127.0.0.1:9/a' }]);
  });

  it('answers a bad environment with 78 and the variable’s name, status with JSON', async () => {
    const child = startMain({ SFP_MIGRATIONS_DATABASE_URL: 'mysql://x:hidden@y/z' });
    const text = await output(child);
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(78);
    expect(text).toContain('SFP_MIGRATIONS_DATABASE_URL');
    expect(text).not.toContain('hidden');
    const status = startMain({ SFP_MIGRATIONS_DATABASE_URL: url }, 'status');
    expect(JSON.parse(await output(status))).toHaveLength((await readMigrations()).length);
  });
});

describe('a database with data of an earlier schema', () => {
  it('becomes the schema in the repository, with all its data, and stays it', async () => {
    const old = await startPlatformDatabase();
    const client = new Client({ connectionString: old.url('postgres') });
    try {
      const migrations = await readMigrations();
      await migrateUp(old.url('postgres'), migrations.slice(0, 12), { log });
      await client.connect();
      await client.query(`
        insert into auth.users (id, email, aud, role) values
          ('00000000-0000-4000-8000-000000000001', 'ada@example.test', 'authenticated', 'authenticated');
        insert into public.accounts (id, slug, name) values ('00000000-0000-4000-8000-00000000000a', 'acme', 'Acme');
        insert into public.accounts_memberships (account_id, user_id, role) values
          ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 'owner');
        insert into public.projects (account_id, slug, name, repository_url) values
          ('00000000-0000-4000-8000-00000000000a', 'site', 'Site', '/site');
        insert into public.environments (account_id, project_id, slug, name)
          select account_id, id, 'dev', 'Dev' from public.projects;
        insert into public.deployments (environment_id, ref) select id, 'main' from public.environments;
        insert into public.application_tokens (account_id, user_id, name, hint) values
          ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 'ci', 'sfp_at_abcd');
        insert into private.application_token_hashes (token_id, hash) select id, repeat('a', 64) from public.application_tokens;
      `);
      const counts = `select (select count(*)::int from public.audit_log) as audit, (select count(*)::int from public.task_events) as events,
        (select count(*)::int from public.deployments) as deployments, (select count(*)::int from private.outbox) as outbox`;
      const before = (await client.query(counts)).rows;

      const applied = await migrateUp(old.url('postgres'), migrations, { log });
      expect(applied).toEqual(migrations.slice(12).map(({ file }) => file));
      expect((await client.query(counts)).rows).toEqual(before);
      expect((await client.query('select role, version from public.accounts_memberships')).rows).toEqual([
        { role: 'owner', version: 1 },
      ]);
      // A token keeps the rights that it had.
      const resolved = await client.query(`select public.resolve_application_token(repeat('a', 64)) as token`);
      expect(resolved.rows[0]?.token).toMatchObject({ scope: 'full', email: 'ada@example.test' });
      await expect(await dumpSchema(client)).toMatchFileSnapshot('./schema.snapshot.txt');

      expect(await migrateUp(old.url('postgres'), migrations, { log })).toEqual([]);
      await expect(await dumpSchema(client)).toMatchFileSnapshot('./schema.snapshot.txt');
    } finally {
      await client.end();
      await old.stop();
    }
  });
});

describe('kill -9 of the migrator', () => {
  it('at any moment leaves whole migrations, and the next run finishes', async () => {
    const fresh = await startPlatformDatabase();
    try {
      const env = { SFP_MIGRATIONS_DATABASE_URL: fresh.url('postgres') };
      const migrations = await readMigrations();
      const appliedCount = async (): Promise<number> =>
        (await migrationStatus(fresh.url('postgres'), migrations)).filter(({ state }) => state === 'applied').length;
      let last = 0;
      while (last < migrations.length) {
        const child = startMain(env);
        child.stdout.resume();
        const wanted = Math.min(migrations.length, last + 3);
        await waitFor(async () => child.exitCode !== null || (await appliedCount()) >= wanted, {
          timeoutMs: 20_000,
          what: 'some migrations',
          everyMs: 1,
        });
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        const now = await appliedCount();
        expect(now).toBeGreaterThanOrEqual(wanted);
        last = now;
      }
      expect(await migrateUp(fresh.url('postgres'), migrations, { log })).toEqual([]);
    } finally {
      await fresh.stop();
    }
  });
});
