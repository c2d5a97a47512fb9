import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgedBackup } from '../e2e/support/forged-backup.ts';
import { waitFor } from '../support/wait.ts';
import { docker } from './support/docker.ts';
import { DockerHome } from './support/docker-home.ts';
import { removeResources } from './support/project-resources.ts';

const tenant = `dkr${process.pid}`;
const container = (service: string): string => `sfp-${tenant}-${service}-1`;
const psql = (sql: string, database = 'postgres'): Promise<string> =>
  docker([
    ...['exec', container('db'), 'psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1'],
    ...['-U', 'supabase_admin', '-d', database, '-c', sql],
  ]).then((text) => text.trim());

/** Transactions that write the same number into two tables, until the script is ended. */
const load = `
  create table pairs_one (n bigint primary key, pad text); create table pairs_two (n bigint primary key);
  create procedure write_pairs() language plpgsql as $$ begin
    for n in 1 .. 1000000 loop
      insert into pairs_one values (n, repeat(md5(n::text), 30));
      insert into pairs_two values (n);
      commit;
    end loop;
  end $$`;
const lastPair = async (): Promise<number> => Number(await psql('select coalesce(max(n), 0) from pairs_two'));
/** Rows of both, whether they are the same without a gap, and the last. */
const pairs = `select (select count(*) from pairs_one) || ' ' || (select count(*) from pairs_two) || ' ' ||
  (select max(n) from pairs_one where pad = repeat(md5(n::text), 30)) from generate_series(1, 1)`;

/** What a backup has of the server while it runs: all of it has to go with it. */
const traces = `select (select count(*) from pg_replication_slots where slot_name like 'sfp_backup%') + (select count(*)
  from pg_stat_activity where application_name = 'sfp')`;
const helpers = async (...which: string[]): Promise<string> =>
  (
    await docker(['ps', ...which, '--quiet', '--filter', `label=sfp.tenant=${tenant}`, '--filter', 'label=sfp.helper'])
  ).trim();

// One stack serves all of them, in this order: an init takes most of a minute.
describe('backup and restore of a stack of containers', () => {
  const home = new DockerHome();
  const other = new DockerHome();
  let backup = '';
  /** The last pair before the backup began, and after it was done. */
  let [earliest, latest] = [0, 0];

  beforeAll(() => home.init(tenant));
  afterAll(async () => {
    await other.sfp('server', 'destroy', '--tenant', tenant, '--yes');
    await home.close();
    await removeResources(tenant, {});
    await other.close();
  });

  const killedAt = async (step: string, at: DockerHome, ...args: string[]): Promise<void> => {
    const command = at.start('server', ...args, '--tenant', tenant, '--json=stream');
    await command.line(step, (line) => line.type === 'step' && line.name === step);
    command.child.kill('SIGKILL');
    await command.exit;
  };

  it('releases what a stopped task engine holds, and nothing of one that runs', async () => {
    await psql(
      `create table "Lease" (id int, "expiresAt" timestamp); create table "SchedulerPartition" (id int, "lastHeartbeat" timestamp);
       create table "ControllerPartition" (id int, "lastHeartbeat" text);
       insert into "Lease" values (1, now() + interval '20 seconds'); insert into "SchedulerPartition" values (1, now()), (2, null)`,
      'hatchet',
    );
    const held = () =>
      psql(
        `select (select count(*) from "Lease" where "expiresAt" > now() - interval '50 minutes') || ' ' ||
          (select count(*) from "SchedulerPartition" where "lastHeartbeat" > now() - interval '50 minutes')`,
        'hatchet',
      );
    const setUp = () => docker(['start', '--attach', container('db-setup')]);
    await setUp();
    expect(await held()).toBe('1 1');
    await docker(['stop', container('hatchet')]);
    await setUp();
    expect(await held()).toBe('0 0');
    await psql('drop table "Lease", "SchedulerPartition", "ControllerPartition"', 'hatchet');
    await setUp();
    await docker(['start', container('hatchet')]);
  });

  it('leaves no session, slot or container when it is cancelled or killed in the middle', async () => {
    const began = `do $$ begin while not exists (select from pg_replication_slots where slot_name like 'sfp_backup%')
      loop perform pg_sleep(0.01); end loop; end $$`;
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const command = home.start('server', 'backup', '--tenant', tenant, '--json=stream');
      await psql(began);
      expect(Number(await psql(traces))).toBeGreaterThan(0);
      command.child.kill(signal);
      const code = await command.exit;
      if (signal === 'SIGINT') expect(code, command.stderr).toBe(3);
      await waitFor(async () => (await psql(traces)) === '0', { timeoutMs: 30_000, what: 'the end of the session' });
      // A kill between making a container and starting it leaves one that does nothing; the next command removes it.
      const which = signal === 'SIGINT' ? ['--all'] : [];
      await waitFor(async () => (await helpers(...which)) === '', {
        timeoutMs: 60_000,
        what: 'the end of the container',
      });
    }
    expect(await home.json('server', 'backups', '--tenant', tenant)).toEqual([]);
  });

  it('is consistent at one moment while rows are written', async () => {
    await psql(load);
    const writing = docker([
      'exec',
      container('db'),
      'psql',
      '-q',
      '-h',
      '127.0.0.1',
      '-U',
      'supabase_admin',
      '-d',
      'postgres',
      '-c',
      'call write_pairs()',
    ]);
    const ended = expect(writing).rejects.toThrow(/terminating connection/);
    await waitFor(async () => (await lastPair()) > 100, { timeoutMs: 30_000, what: 'rows' });
    earliest = await lastPair();
    const to = home.path('out');
    backup = (await home.json<{ path: string }>('server', 'backup', '--tenant', tenant, '--output', to)).path;
    latest = await lastPair();
    await psql("select pg_terminate_backend(pid) from pg_stat_activity where query like 'call write_pairs%'");
    await ended;
    expect(await psql(traces)).toBe('0');
    await waitFor(async () => (await helpers('--all')) === '', { timeoutMs: 30_000, what: 'no container of a backup' });
    expect(latest).toBeGreaterThan(earliest);
  });

  it('notices a key that does not fit before anything starts on it, and puts everything back', async () => {
    const wrongKey = forgedBackup(backup, home.path('wrong-key'), { 'vault.key': `${'ab'.repeat(32)}\n` });
    const now = await psql(pairs);
    const failed = await home.sfp('server', 'restore', '--tenant', tenant, '--from', wrongKey, '--yes');
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('vault_key_wrong') });
    expect(failed.stderr).toContain('The stack is back as it was before the restore, and runs.');
    expect(await psql(pairs)).toBe(now);
  });

  it('comes back in an empty place, from a kill in any phase', async () => {
    expect((await home.sfp('server', 'destroy', '--tenant', tenant, '--yes')).code).toBe(0);
    const restore = ['restore', '--from', backup, '--yes'];
    for (const step of ['Unpack it beside what is there', 'Put the backup in place', 'Start the restored stack']) {
      await killedAt(step, other, ...restore);
      const start = await other.sfp('server', 'start', '--tenant', tenant);
      expect(start.code, step).toBe(1);
    }
    const restored = await other.sfp('server', ...restore, '--tenant', tenant);
    expect(restored.code, restored.stderr).toBe(0);
    const [one, two, last] = (await psql(pairs)).split(' ').map(Number);
    expect([one, two]).toEqual([last, last]);
    expect(last).toBeGreaterThanOrEqual(earliest);
    expect(last).toBeLessThanOrEqual(latest);
  });

  it('gives back the same users, keys and an engine that takes its token, and leaves nothing of itself', async () => {
    expect((await other.sfp('whoami')).stdout).toContain(`admin@${tenant}.local`);
    const client = createClient(other.url(tenant), other.secret(tenant, 'publishableKey'), {
      auth: { persistSession: false },
    });
    const password = other.secret(tenant, 'adminPassword');
    const { data, error } = await client.auth.signInWithPassword({ email: `admin@${tenant}.local`, password });
    expect([error, data.user?.email]).toEqual([null, `admin@${tenant}.local`]);
    expect((await psql("select decrypted_secret from vault.decrypted_secrets where name = 'sfp_canary'")).length).toBe(
      64,
    );
    const { status } = await other.json<{ status: string }>('server', 'status', '--tenant', tenant);
    expect(status).toBe('running');
    const find = ['find', '/var/lib/postgresql/data', '/etc/postgresql-custom', '-maxdepth', '1', '-name', '.sfp-*'];
    expect(await docker(['exec', container('db'), ...find])).toBe('');
    expect(await helpers('--all')).toBe('');
    const labels = await docker(['volume', 'inspect', '--format', '{{json .Labels}}', `sfp-${tenant}_db-data`]);
    expect(JSON.parse(labels)).toMatchObject({
      'com.docker.compose.project': `sfp-${tenant}`,
      'com.docker.compose.volume': 'db-data',
    });
  });
});
