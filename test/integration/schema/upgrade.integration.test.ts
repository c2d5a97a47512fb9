import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, migrateTo, startCoreDatabase } from './core-database.ts';
import { dumpSchema } from './dump.ts';
import { makeWorld, type World } from './world.ts';

/** The last migration of 0.1.0's first schema. */
const previousSchema = 16;

type Row = Record<string, unknown>;
type Task = { deployment: string; task: string };

let database: CoreDatabase;
let world: World;
/** Deployments by what had become of them before the newer migrations came. */
let made: Record<'succeeded' | 'failed' | 'running' | 'queued' | 'cancelled', Task>;
let before: Row[];

const owned = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.owner.query(sql, values)).rows;
const service = async (sql: string, values: unknown[]): Promise<Row> =>
  (await database.as(asService, (client) => client.query(sql, values))).rows[0];
const start = (task: string) => service(`select public.start_task($1, 'run', 'worker', 60) as answer`, [task]);
const append = (task: string, position: number) =>
  service(`select public.append_task_events($1, 1, $2, '{}', 60) as answer`, [
    task,
    JSON.stringify([{ position, kind: 'log', data: { line: `line ${position}` } }]),
  ]);
const finish = (task: string, status: string) =>
  service(`select public.finish_task($1, 1, $2, null, '[]', '{}') as answer`, [task, status]);

/** What must be the same behind the newer migrations. */
const contents = (): Promise<Row[]> =>
  owned(`select 'event' as kind, task_id::text || ' ' || seq as key, to_jsonb(e) - 'task_created_at' as row from public.task_events e
    union all select 'status', id::text, to_jsonb(status) from public.deployments
    union all select 'task', id::text, jsonb_build_object('status', status, 'attempt', attempt, 'seq', last_seq) from public.tasks
    union all select 'audit', id::text, to_jsonb(a) from public.audit_log a
    union all select 'member', user_id::text, to_jsonb(m) from public.accounts_memberships m
    union all select 'ticket', task_id::text, to_jsonb(released_at) from public.environment_allocations
    union all select 'credential', integration_id::text, to_jsonb(c) from private.integration_credentials c
    order by 1, 2`);

beforeAll(async () => {
  database = await startCoreDatabase(previousSchema);
  world = await makeWorld(database);
  const [succeeded, failed, running, queued, cancelled] = [
    await world.deploy(),
    await world.deploy(),
    await world.deploy(),
    await world.deploy(),
    await world.deploy(),
  ];
  made = { succeeded, failed, running, queued, cancelled };
  for (const { task } of [succeeded, failed, running]) {
    await start(task);
    await service('select public.acquire_environment($1, $2, 30)', [world.environment, task]);
    for (let position = 1; position <= 20; position++) await append(task, position);
  }
  await finish(succeeded.task, 'succeeded');
  await finish(failed.task, 'failed');
  await database.as(asUser(world.member), (client) => client.query('select public.cancel_task($1)', [cancelled.task]));
  await database.as(asService, (client) => client.query('select public.ensure_credentials_key()'));
  const [integration] = await owned(
    `insert into public.integrations (account_id, name) values ($1, 'publish') returning id`,
    [world.account],
  );
  await database.as(asUser(world.admin), (client) =>
    client.query('select public.set_integration_secret($1, $2)', [integration?.id, 'kept over migrations']),
  );
  before = await contents();
  await migrateTo(database.postgres);
});
afterAll(() => database.stop());

describe('a database of the previous schema with data in it', () => {
  it('keeps all of it', async () => {
    expect(before.length).toBeGreaterThan(100);
    const after = new Map((await contents()).map((row) => [`${row.kind} ${row.key}`, row]));
    expect(before.filter((row) => JSON.stringify(after.get(`${row.kind} ${row.key}`)) !== JSON.stringify(row))).toEqual(
      [],
    );
  });

  it('has the schema that an empty one gets', async () => {
    await expect(await dumpSchema(database.owner)).toMatchFileSnapshot('./schema.snapshot.txt');
  });

  it('has nothing left to migrate', async () => {
    expect(await migrateTo(database.postgres)).toEqual([]);
  });

  it('goes on with what was running, and with what was waiting', async () => {
    const { running, queued } = made;
    expect(await append(running.task, 20)).toEqual({ answer: { lastSeq: 22, cancelRequested: false } });
    expect(await append(running.task, 21)).toEqual({ answer: { lastSeq: 23, cancelRequested: false } });
    await finish(running.task, 'succeeded');
    expect(await start(queued.task)).toMatchObject({ answer: { outcome: 'started', attempt: 1 } });
    expect(
      await service('select public.read_task_credentials($1, 1, $2) as answer', [queued.task, ['publish']]),
    ).toEqual({
      answer: { publish: 'kept over migrations' },
    });
    const rows = await owned('select id, status from public.deployments');
    const status = Object.fromEntries(rows.map(({ id, status: of }) => [id, of]));
    expect(Object.entries(made).map(([name, { deployment }]) => [name, status[deployment]])).toEqual([
      ['succeeded', 'succeeded'],
      ['failed', 'failed'],
      ['running', 'succeeded'],
      ['queued', 'queued'],
      ['cancelled', 'cancelled'],
    ]);
  });

  it('lets its old failures be tried again, and new deployments be made', async () => {
    const retried = await database.as(asUser(world.member), (client) =>
      client.query<{ id: string }>('select (public.retry_deployment($1)).id', [made.failed.deployment]),
    );
    expect(retried.rows[0]?.id).not.toBe(made.failed.task);
    const fresh = await world.deploy();
    expect(await start(fresh.task)).toMatchObject({ answer: { outcome: 'started' } });
  });
});
