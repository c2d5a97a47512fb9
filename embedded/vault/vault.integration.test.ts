import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../test/support/free-port.ts';
import { createPostgres, type Postgres } from '../postgres/postgres.ts';

const password = 'vault-test';
let home: string;
let keyFile: string;
let postgres: Postgres;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sfp-vault-'));
  await chmod(home, 0o755);
  keyFile = join(home, 'root.key');
  postgres = createPostgres({
    dataDir: join(home, 'data'),
    socketDir: home,
    port: await freePort(),
    password,
    settings: { fsync: 'off' },
    vaultKeyFile: keyFile,
    log: pino({ level: 'silent' }),
  });
  await postgres.start();
});
afterAll(async () => {
  await postgres.stop();
  await rm(home, { recursive: true, force: true });
});

async function run(login: string, sql: string, role?: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: postgres.url(login) });
  await client.connect();
  try {
    if (role !== undefined) await client.query(`set role ${role}`);
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

const asRole = (role: string, sql: string): Promise<pg.QueryResult> =>
  run(role === 'postgres' ? 'postgres' : 'authenticator', sql, role === 'postgres' ? undefined : role);

const waysToTheKey = [
  `select pg_read_file('sfp_vault.key')`,
  `select pg_read_binary_file('sfp_vault.key')`,
  `select pg_stat_file('sfp_vault.key')`,
  `select pg_ls_dir('.')`,
  `create temp table k (line text); copy k from '/proc/self/cwd/sfp_vault.key'`,
  `create temp table k (line text); copy k from program 'cat sfp_vault.key'`,
  `select lo_import('sfp_vault.key')`,
  `select vault._derive_key(0, 'pgsodium')`,
  `select vault._crypto_aead_det_encrypt('x', 'x', 0)`,
  'grant pg_read_server_files to postgres',
  'grant pg_execute_server_program to postgres',
  'set session authorization supabase_admin',
  `create extension file_fdw`,
];

test.each(['anon', 'authenticated', 'service_role', 'postgres'])('%s cannot reach the root key', async (role) => {
  for (const sql of waysToTheKey) {
    await expect(asRole(role, sql), sql).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|0LP01)$/) });
  }
});

test('the key is a private file outside the data directory, and no table holds it', async () => {
  const key = (await readFile(keyFile, 'utf8')).trim();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  await run('postgres', `select vault.create_secret('NEEDLE-in-the-vault', 'needle')`);
  await run('supabase_admin', 'checkpoint');
  const found: string[] = [];
  for (const path of await readdir(join(home, 'data'), { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const bytes = await readFile(join(path.parentPath, path.name));
    if (bytes.includes('NEEDLE-in-the-vault') || bytes.includes(key) || bytes.includes(Buffer.from(key, 'hex'))) {
      found.push(path.name);
    }
  }
  expect(found).toEqual([]);
});

test('the functions of schema extensions, which belong to postgres, are no way in', async () => {
  await run(
    'postgres',
    `create or replace function extensions.hmac(bytea, bytea, text) returns bytea language plpgsql as
     $$ begin raise exception 'hijacked as %', current_user; end $$`,
  );
  const { rows } = await run('postgres', `select vault.create_secret('safe', 'hijack') is not null as made`);
  expect(rows).toEqual([{ made: true }]);
});

test('another key opens nothing, new rows work under it, and the old key opens the old rows again', async () => {
  await run('postgres', 'truncate vault.secrets');
  await run('postgres', `select vault.create_secret('old', 'old')`);
  const key = await readFile(keyFile, 'utf8');
  await postgres.stop();
  await writeFile(keyFile, `${'AB'.repeat(32)}\n`);
  await postgres.start();
  const read = `select decrypted_secret as value from vault.decrypted_secrets where name = `;
  await expect(run('postgres', `${read} 'old'`)).rejects.toMatchObject({
    code: '22000',
    message: expect.stringContaining('invalid ciphertext'),
  });
  await run('postgres', `select vault.create_secret('new', 'new')`);
  expect((await run('postgres', `${read} 'new'`)).rows).toEqual([{ value: 'new' }]);
  await postgres.stop();
  await writeFile(keyFile, key);
  await postgres.start();
  expect((await run('postgres', `${read} 'old'`)).rows).toEqual([{ value: 'old' }]);
});

test.each([
  ['missing', undefined, 'vault_key_missing'],
  ['too short', 'ab\n', 'vault_key_invalid'],
  ['with a carriage return', `${'ab'.repeat(32)}\r\n`, 'vault_key_invalid'],
])('a key file that is %s stops the start', async (_how, text, code) => {
  const key = await readFile(keyFile, 'utf8');
  await postgres.stop();
  try {
    if (text === undefined) await rm(keyFile);
    else await writeFile(keyFile, text);
    await expect(postgres.start()).rejects.toMatchObject({ code });
    if (text === undefined) await expect(stat(keyFile)).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    await writeFile(keyFile, key, { mode: 0o600 });
    await postgres.start();
  }
});
