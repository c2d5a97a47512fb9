import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../test/support/free-port.ts';
import { waitFor } from '../../test/support/wait.ts';
import { binariesAt } from './binaries.ts';
import { checkReachable, reachableBinaries } from './cluster.ts';
import { createPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
import { isAlive } from './postmaster-pid.ts';

const log = pino({ level: 'silent' });
const password = 'integration-test';
let home: string;
const started = new Set<Postgres>();

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sfp-pg-'));
  // mkdtemp makes it 0700, which an unprivileged server could not pass.
  await chmod(home, 0o755);
});
afterEach(async () => {
  for (const postgres of started) await postgres.stop();
  started.clear();
  await rm(home, { recursive: true, force: true });
});

async function make(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = createPostgres({
    dataDir: join(home, 'data'),
    socketDir: join(home, 'run'),
    port: await freePort(),
    password,
    settings: { fsync: 'off' },
    log,
    ...options,
  });
  started.add(postgres);
  return postgres;
}

async function query<T extends pg.QueryResultRow>(postgres: Postgres, role: string, sql: string, database?: string) {
  const client = new pg.Client({ connectionString: postgres.url(role, database) });
  client.on('error', () => undefined);
  await client.connect();
  return client.query<T>(sql).finally(() => client.end());
}

async function pidOf(postgres: Postgres): Promise<number> {
  const status = await postgres.status();
  if (status.state !== 'running') throw new Error(`the server is ${status.state}`);
  return status.pid;
}

test('a fresh server answers as every role, and keeps its data over a stop', async () => {
  const postgres = await make();
  expect(await postgres.status()).toEqual({ state: 'uninitialised' });
  await postgres.start();
  await query(postgres, 'postgres', 'create table public.kept (id int); insert into public.kept values (1)');
  for (const role of ['supabase_admin', 'authenticator', 'supabase_auth_admin']) {
    expect((await query(postgres, role, 'select current_user as name')).rows).toEqual([{ name: role }]);
  }
  expect((await query(postgres, 'hatchet', 'show timezone', 'hatchet')).rows).toEqual([{ TimeZone: 'UTC' }]);
  await postgres.stop();
  expect(await postgres.status()).toEqual({ state: 'stopped' });
  await postgres.start();
  expect((await query(postgres, 'postgres', 'select id from public.kept')).rows).toEqual([{ id: 1 }]);
});

test('after kill -9 of the postmaster the next start recovers', async () => {
  const postgres = await make();
  await postgres.start();
  const reasons: string[] = [];
  postgres.onUnexpectedExit((reason) => reasons.push(reason));
  await query(postgres, 'postgres', 'create table public.kept (id int); insert into public.kept values (1)');
  const pid = await pidOf(postgres);
  process.kill(pid, 'SIGKILL');
  await waitFor(() => reasons.length === 1 && !isAlive(pid), { timeoutMs: 5_000, what: 'the end to be noticed' });
  expect(reasons).toEqual(['exit SIGKILL']);
  await postgres.start();
  expect((await query(postgres, 'postgres', 'select id from public.kept')).rows).toEqual([{ id: 1 }]);
});

test('a server that an earlier supervisor left behind is ended, and replaced', async () => {
  const first = await make();
  await first.start();
  const left = await pidOf(first);
  const second = await make();
  await second.start();
  expect(isAlive(left)).toBe(false);
  expect((await query(second, 'postgres', 'select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a postmaster.pid whose number now belongs to another process is no server', async () => {
  const postgres = await make();
  await postgres.start();
  await postgres.stop();
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    await once(stranger, 'spawn');
    const lock = `${stranger.pid}\n${join(home, 'data')}\n1795262049\n1\n${join(home, 'run')}\n127.0.0.1\n`;
    await writeFile(join(home, 'data', 'postmaster.pid'), lock);
    expect(await postgres.status()).toEqual({ state: 'stopped' });
    await postgres.stop();
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('an initdb that was killed is done again', async () => {
  const postgres = await make();
  await mkdir(join(home, 'data.partial', 'base'), { recursive: true });
  await writeFile(join(home, 'data.partial', 'PG_VERSION'), '17\n');
  await postgres.start();
  expect((await query(postgres, 'postgres', 'select count(*)::int as n from auth.users')).rows).toEqual([{ n: 0 }]);
});

test('a bootstrap that was killed at any moment is completed by the next start', async () => {
  const program = fileURLToPath(new URL('../../test/contract/postgres/interrupted-start.ts', import.meta.url));
  const port = await freePort();
  const options = {
    dataDir: join(home, 'data'),
    socketDir: join(home, 'run'),
    port,
    password,
    settings: { fsync: 'off' },
  };
  for (const step of ['postgres/01_roles.sql', 'postgres/04_auth.sql', 'net/02_grants.sql', 'logins']) {
    const child = spawn(process.execPath, [program, JSON.stringify(options), step], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
  }
  const postgres = await make({ port });
  await postgres.start();
  const { rows } = await query(postgres, 'supabase_admin', 'select count(*)::int as n from _sfp.bootstrap_steps');
  expect(rows[0]?.n).toBeGreaterThan(10);
  expect((await query(postgres, 'postgres', `select rolsuper from pg_roles where rolname = 'postgres'`)).rows).toEqual([
    { rolsuper: false },
  ]);
});

test('a port in use is said, with the server’s own words', async () => {
  const first = await make();
  await first.start();
  const second = await make({ dataDir: join(home, 'other'), socketDir: join(home, 'run2'), port: first.port });
  await expect(second.start()).rejects.toMatchObject({
    code: 'postgres_start_failed',
    detail: expect.stringContaining('Address already in use'),
  });
});

test('another password than the cluster’s is refused with the remedy', async () => {
  const first = await make();
  await first.start();
  await first.stop();
  const second = await make({ password: 'another' });
  await expect(second.start()).rejects.toMatchObject({ code: 'postgres_password_refused' });
  expect(await second.status()).toEqual({ state: 'stopped' });
});

test('a socket directory that no socket fits into is refused before anything is made', async () => {
  const postgres = await make({ socketDir: join(home, 'x'.repeat(100)) });
  await expect(postgres.start()).rejects.toMatchObject({ code: 'postgres_socket_dir_too_long' });
});

test('a place with other files in it is left alone', async () => {
  await mkdir(join(home, 'data'));
  await writeFile(join(home, 'data', 'notes.txt'), 'mine');
  const postgres = await make();
  await expect(postgres.start()).rejects.toMatchObject({ code: 'postgres_data_dir_in_use' });
  expect(await readFile(join(home, 'data', 'notes.txt'), 'utf8')).toBe('mine');
});

test('the directory that the server’s user cannot pass is named', async () => {
  const closed = join(home, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const stranger = { name: 'nobody', uid: 65_533, gid: 65_533 };
  await expect(checkReachable(join(closed, 'data'), stranger)).rejects.toMatchObject({
    code: 'postgres_data_dir_unreachable',
    suggestion: expect.stringContaining(`chmod o+x ${closed}`),
  });
});

test('programs in a place that the server’s user cannot pass are copied to one that it can, once', async () => {
  const closed = join(home, 'closed');
  const cache = join(home, 'cache');
  await mkdir(join(closed, 'bin'), { recursive: true });
  await chmod(closed, 0o700);
  await mkdir(cache);
  await writeFile(join(closed, 'bin', 'postgres'), '#!/bin/sh\n', { mode: 0o755 });
  const stranger = { name: 'nobody', uid: 65_533, gid: 65_533 };
  const first = await reachableBinaries(binariesAt(closed), stranger, cache);
  expect(first.root.startsWith(cache)).toBe(true);
  expect((await stat(first.postgres)).mode & 0o111).toBe(0o111);
  expect(await reachableBinaries(binariesAt(closed), stranger, cache)).toEqual(first);
  expect(await readdir(cache)).toHaveLength(1);
});
