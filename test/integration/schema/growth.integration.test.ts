import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readMigrations } from '../../../migrations/migration-file.ts';
import { migrateUp } from '../../../migrations/migrator.ts';
import { waitFor } from '../../support/wait.ts';
import { asService, asUser, type CoreDatabase, startCoreDatabase, startPlatformDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const query = async <Row extends Record<string, unknown> = Record<string, unknown>>(sql: string, values?: unknown[]) =>
  (await database.owner.query<Row>(sql, values)).rows;
const column = async (sql: string): Promise<unknown[]> => (await query(sql)).map((row) => Object.values(row)[0]);

interface Step {
  more: boolean;
  busy?: boolean;
  step?: string;
  did?: Record<string, unknown>;
  postponed?: string[];
}
const step = async (taskEventsDays = 90, auditLogDays = 400, historyDays: number | null = null): Promise<Step> => {
  const { rows } = await database.as(asService, (client) =>
    client.query<{ step: Step }>('select public.retention_step($1, $2, $3) as step', [
      taskEventsDays,
      auditLogDays,
      historyDays,
    ]),
  );
  return rows[0]?.step ?? { more: false };
};
/** Steps until nothing is left; what each of them did. */
const round = async (...settings: Parameters<typeof step>): Promise<Step[]> => {
  const steps: Step[] = [];
  for (let last = await step(...settings); last.more; last = await step(...settings)) steps.push(last);
  return steps;
};

/** A finished task of so many days ago, with its first event and `events` more. */
const oldTask = async (days: number, events = 2, deployment: string | null = null): Promise<string> => {
  const [task] = await query<{ id: string }>(
    `insert into public.tasks (account_id, deployment_id, type, status, created_at, finished_at)
     values ($1, $2, 'noop', 'succeeded', now() - $3 * interval '1 day', now() - $3 * interval '1 day') returning id`,
    [world.account, deployment, days],
  );
  const id = task?.id ?? '';
  for (let n = 0; n < events; n += 1) await query(`select private.add_event($1, 'note', '{"text": "old"}')`, [id]);
  return id;
};
const partitionOf = (task: string) =>
  query('select distinct tableoid::regclass::text as partition from public.task_events where task_id = $1', [task]);
const monthOf = async (days: number): Promise<string> =>
  String((await column(`select to_char((now() - ${days} * interval '1 day') at time zone 'UTC', 'YYYY_MM')`))[0]);

describe('partitions', () => {
  it('are made for this month and the next two, and the audit log has this quarter and the next', async () => {
    await round();
    const months = await column(
      `select to_char(date_trunc('month', now() at time zone 'UTC') + n * interval '1 month', '"partitions.task_events_"YYYY_MM')
       from generate_series(0, 2) n`,
    );
    const found = await column(
      `select relid::regclass::text from pg_partition_tree('public.task_events') where isleaf order by 1`,
    );
    expect(found).toEqual([...months, 'partitions.task_events_default']);
    expect(await column(`select count(*)::int from pg_partition_tree('public.audit_log') where isleaf`)).toEqual([3]);
  });

  it('are nobody’s, have row level security, and nobody enters their schema', async () => {
    const rights = await query(
      `select role, c.relname from pg_class c, unnest(array['anon', 'authenticated', 'service_role', 'authenticator']) role
       where c.relnamespace = 'partitions'::regnamespace and c.relkind = 'r' and (not c.relrowsecurity
         or has_schema_privilege(role, 'partitions', 'usage') or has_schema_privilege(role, 'partitions', 'create')
         or has_table_privilege(role, c.oid, 'select, insert, update, delete, truncate, references, trigger'))`,
    );
    expect(rights).toEqual([]);
    for (const claims of [asService, asUser(world.owner)]) {
      await expect(
        database.as(claims, (client) => client.query('select * from partitions.task_events_default')),
      ).rejects.toMatchObject({ code: '42501' });
      await expect(
        database.as(claims, (client) =>
          client.query('alter table public.audit_log detach partition partitions.audit_log_default'),
        ),
      ).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('of the audit log are only ever appended to, also by who owns them', async () => {
    const names = await column(`select relid::regclass::text from pg_partition_tree('public.audit_log')`);
    expect(names.length).toBe(4);
    for (const name of names) {
      for (const statement of [`delete from ${name}`, `update ${name} set action = 'x'`, `truncate ${name}`]) {
        await expect(query(statement)).rejects.toMatchObject({ message: 'audit_log_append_only' });
      }
    }
  });

  it('hold whole logs: what a task says today is where its first event is', async () => {
    const task = await oldTask(40);
    await query(`select private.add_event($1, 'note', '{"text": "now"}')`, [task]);
    expect(await partitionOf(task)).toHaveLength(1);
    await expect(
      query(
        `insert into public.task_events (task_id, task_created_at, account_id, seq, attempt, kind) values ($1, now(), $2, 99, 1, 'note')`,
        [task, world.account],
      ),
    ).rejects.toMatchObject({ code: '23503' });
  });

  it('what no partition was there for is caught and moved into its own, once, and broadcast no second time', async () => {
    const late = await oldTask(700);
    expect(await partitionOf(late)).toEqual([{ partition: 'partitions.task_events_default' }]);
    await query(
      `insert into public.audit_log (at, actor_role, action, subject_type) values (now() - interval '9 years', 'x', 'insert', 'task')`,
    );
    const before = await query('select * from public.task_events order by task_id, seq');
    const [sent] = await column('select count(*)::int from realtime.messages');
    const steps = await round(3_000, 36_000);
    expect(steps.map(({ step: name }) => name)).toEqual(expect.arrayContaining(['partitions', 'partitions']));
    expect(await partitionOf(late)).toEqual([{ partition: `partitions.task_events_${await monthOf(700)}` }]);
    expect(await query('select * from public.task_events order by task_id, seq')).toEqual(before);
    expect(await column('select count(*)::int from realtime.messages')).toEqual([sent]);
    expect(await column('select count(*)::int from partitions.audit_log_default')).toEqual([0]);
    expect(await column(`select id > 0 from public.audit_log where at < now() - interval '8 years'`)).toEqual([true]);
    expect(await round(3_000, 36_000)).toEqual([]);
    // What was made anew is as closed as what was there before.
    await expect(query('delete from partitions.audit_log_default')).rejects.toMatchObject({
      message: 'audit_log_append_only',
    });
    await query('delete from public.tasks where id = $1', [late]);
    expect(await partitionOf(late)).toEqual([]);
  });
});

describe('retention', () => {
  beforeEach(async () => {
    await round(3_000, 36_000);
  });

  it('removes the logs of a month that is over for long enough, and says how many events went', async () => {
    const [gone, kept] = [await oldTask(200, 5), await oldTask(50)];
    await round(3_000);
    const month = await monthOf(200);
    const steps = await round();
    expect(steps).toContainEqual({
      more: true,
      step: 'task_events',
      did: { partition: `task_events_${month}`, count: 6 },
    });
    expect(await column(`select to_regclass('partitions.task_events_${month}')::text`)).toEqual([null]);
    expect(await query('select last_seq from public.tasks where id = $1', [gone])).toEqual([{ last_seq: 6 }]);
    expect(await partitionOf(kept)).toHaveLength(1);
    const [line] = await query(
      `select account_id, actor_role, action, detail from public.audit_log where subject_type = 'retention' order by at desc, id desc limit 1`,
    );
    expect(line).toMatchObject({
      account_id: world.account,
      actor_role: 'service_role',
      action: 'delete',
      detail: { what: 'task_events', count: 6 },
    });
    expect(await round()).toEqual([]);
  });

  it('leaves the log of a task that has not ended, however old', async () => {
    const task = await oldTask(300);
    await query(`update public.tasks set finished_at = null where id = $1`, [task]);
    await round();
    expect(await partitionOf(task)).toEqual([{ partition: `partitions.task_events_${await monthOf(300)}` }]);
    await query(`update public.tasks set finished_at = now() where id = $1`, [task]);
    await round();
    expect(await partitionOf(task)).toEqual([]);
  });

  it('removes old quarters of the audit log, and never what is younger than 90 days', async () => {
    await query(
      `insert into public.audit_log (at, account_id, actor_role, action, subject_type) values (now() - interval '800 days', $1, 'x', 'insert', 'task')`,
      [world.account],
    );
    await round(3_000, 36_000);
    const steps = await round();
    expect(steps).toContainEqual(
      expect.objectContaining({ step: 'audit_log', did: expect.objectContaining({ count: 1 }) }),
    );
    expect(await column(`select count(*)::int from public.audit_log where at < now() - interval '600 days'`)).toEqual([
      0,
    ]);
    await expect(step(90, 89)).rejects.toMatchObject({ message: 'retention_too_short' });
    await expect(step(0, 400)).rejects.toMatchObject({ message: 'retention_too_short' });
  });

  it('keeps finished deployments, unless it is told for how long; the one that an environment runs stays', async () => {
    const made: string[] = [];
    for (const days of [500, 450, 20]) {
      const { deployment } = await world.deploy();
      await query(
        `update public.deployments set created_at = now() - $2 * interval '1 day', finished_at = now() - $2 * interval '1 day',
           checkout_status = 'skipped', build_status = 'skipped', validate_status = 'skipped', deploy_status = 'skipped',
           verify_status = 'skipped' where id = $1`,
        [deployment, days],
      );
      await query('update public.tasks set finished_at = now() where deployment_id = $1', [deployment]);
      made.push(deployment);
    }
    const noop = await oldTask(400);
    const left = () =>
      column(`select id from public.deployments where id = any ('{${made.join(',')}}') order by created_at`);
    await round();
    expect(await left()).toEqual(made);
    const steps = await round(3_000, 36_000, 365);
    expect(steps.at(-1)).toMatchObject({ step: 'history', did: { deployments: 2, tasks: 1 } });
    expect(await left()).toEqual(made.slice(2));
    expect(await query('select 1 from public.tasks where id = $1', [noop])).toEqual([]);
    await round(3_000, 36_000, 1);
    expect(await left()).toEqual(made.slice(2));
  });

  it('forgets keys of requests and runs of schedules', async () => {
    const user = randomUUID();
    await query(
      `insert into private.idempotency_keys (user_id, key, request_hash, locked_until, created_at)
       values ($1, 'old', 'h', now(), now() - interval '2 days'), ($1, 'new', 'h', now(), now())`,
      [user],
    );
    const [schedule] = await query<{ id: string }>(
      `insert into public.schedules (account_id, project_id, kind, name, cron) values ($1, $2, 'noop', 'nightly', '0 3 * * *') returning id`,
      [world.account, world.project],
    );
    await query(
      `insert into public.schedule_runs (account_id, schedule_id, scheduled_for, outcome, created_at)
       select $1, $2, at, 'skipped', at from unnest(array[now() - interval '91 days', now() - interval '89 days']) at`,
      [world.account, schedule?.id],
    );
    const steps = await round();
    expect(steps).toContainEqual({ more: true, step: 'idempotency_keys', did: { count: 1 } });
    expect(steps).toContainEqual({ more: true, step: 'schedule_runs', did: { count: 1 } });
    expect(await column('select count(*)::int from public.schedule_runs')).toEqual([1]);
    expect(await column(`select key from private.idempotency_keys where user_id = '${user}'`)).toEqual(['new']);
  });

  it('is one at a time, and gives way to what holds a table for long', async () => {
    await oldTask(200);
    await round(3_000);
    const other = new Client({ connectionString: database.postgres.url('postgres') });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('select pg_advisory_xact_lock(7305103)');
      expect(await step()).toEqual({ more: false, busy: true });
      await other.query('rollback');
      // As a backup does while it reads.
      await other.query('begin');
      await other.query('select count(*) from public.task_events');
      expect(await step()).toMatchObject({ more: false, postponed: ['task_events'] });
      await other.query('rollback');
      expect(await round()).toContainEqual(expect.objectContaining({ step: 'task_events' }));
    } finally {
      await other.end();
    }
  });

  it('goes on after it was killed in the middle of a step', async () => {
    await oldTask(200);
    await round(3_000);
    const month = await monthOf(200);
    const other = new Client({ connectionString: database.postgres.url('postgres') });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('select count(*) from public.task_events');
      const caller = new Client({ connectionString: database.postgres.url('postgres') });
      // The end of its connection is what this is about.
      caller.on('error', () => undefined);
      await caller.connect();
      const killed = expect(caller.query('select public.retention_step(90, 400)')).rejects.toThrow();
      const waiting = `select pid from pg_stat_activity where query like '%retention_step%' and wait_event_type = 'Lock'`;
      await waitFor(async () => (await query(waiting)).length === 1, { timeoutMs: 5_000, what: 'a step at the lock' });
      await query(`select pg_terminate_backend(pid) from (${waiting}) w`);
      await killed;
    } finally {
      await other.end();
    }
    expect(await column(`select to_regclass('partitions.task_events_${month}') is not null`)).toEqual([true]);
    await round();
    expect(await column(`select to_regclass('partitions.task_events_${month}') is not null`)).toEqual([false]);
    expect(await column("select count(*)::int from pg_locks where locktype = 'advisory'")).toEqual([0]);
  });

  it('works beside those who append: nothing waits for each other, nothing is lost', async () => {
    const tasks = await Promise.all(Array.from({ length: 4 }, () => world.deploy()));
    const appenders = new Pool({ connectionString: database.postgres.url('postgres'), max: 4 });
    const append = async (task: string): Promise<void> => {
      for (let n = 0; n < 25; n += 1) {
        await appenders.query(`select private.add_event($1, 'note', '{"text": "x"}')`, [task]);
      }
    };
    const clean = async (): Promise<void> => {
      for (const days of [150, 180, 210, 240]) {
        await oldTask(days);
        await round(3_000);
        await round();
      }
    };
    try {
      await Promise.all([...tasks.map(({ task }) => append(task)), clean()]);
    } finally {
      await appenders.end();
    }
    for (const { task } of tasks) {
      expect(
        await query('select count(*)::int as n, max(seq) as last from public.task_events where task_id = $1', [task]),
      ).toEqual([{ n: 26, last: 26 }]);
    }
  });
});

describe('size and growth', () => {
  it('says how large the tables are, whatever their partitions, and how fast it grows once it knows', async () => {
    const growth = async () =>
      (await database.as(asService, (client) => client.query('select public.stack_growth() as g'))).rows[0]?.g;
    await round();
    const first = await growth();
    expect(first).toMatchObject({ bytesPerDay: null, measuredDays: null, databaseBytes: expect.any(Number) });
    expect(first.tables.map(({ name }: { name: string }) => name)).toContain('public.task_events');
    expect(first.tables.filter(({ name }: { name: string }) => name.startsWith('partitions.'))).toEqual([]);
    expect(await column('select count(*)::int from private.size_samples')).toEqual([1]);
    await query(
      `insert into private.size_samples (day, at, database_bytes, tables)
       select day - 10, at - interval '10 days', database_bytes - 10000000, '{}' from private.size_samples`,
    );
    expect(await growth()).toMatchObject({ bytesPerDay: 1_000_000, measuredDays: 10 });
    await expect(
      database.as(asUser(world.owner), (client) => client.query('select public.stack_growth()')),
    ).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the migration', () => {
  it('keeps every line of both logs as it was, with its number', async () => {
    const old = await startPlatformDatabase();
    const client = new Client({ connectionString: old.url('postgres') });
    const log = pino({ level: 'silent' });
    try {
      const migrations = await readMigrations();
      await migrateUp(old.url('postgres'), migrations.slice(0, 23), { log });
      await client.connect();
      await client.query(`
        insert into public.accounts (slug, name) values ('acme', 'Acme');
        insert into public.tasks (account_id, type, created_at)
          select a.id, 'noop', now() - n * interval '20 days' from public.accounts a, generate_series(0, 9) n;
        update public.accounts set name = 'Acme ' || n from generate_series(1, 5) n;`);
      const events = `select task_id, account_id, seq, attempt, position, kind, at, data from public.task_events order by 1, 3`;
      const lines = `select id, at, account_id, actor_role, action, subject_type, subject_id, detail, source, actor_email from public.audit_log order by id`;
      const before = [(await client.query(events)).rows, (await client.query(lines)).rows];
      expect(before.map((rows) => rows.length)).toEqual([10, expect.any(Number)]);
      await migrateUp(old.url('postgres'), migrations, { log });
      expect([(await client.query(events)).rows, (await client.query(lines)).rows]).toEqual(before);
      // Numbers go on where they were.
      await client.query(`update public.accounts set name = 'Other'`);
      const { rows } = await client.query('select max(id)::int - $1 as more from public.audit_log', [
        before[1]?.at(-1)?.id,
      ]);
      expect(rows).toEqual([{ more: 1 }]);
      const { rows: empty } = await client.query('select count(*)::int as n from partitions.task_events_default');
      expect(empty).toEqual([{ n: 0 }]);
    } finally {
      await client.end();
      await old.stop();
    }
  });
});
