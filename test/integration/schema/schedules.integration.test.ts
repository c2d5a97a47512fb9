import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
});
afterAll(() => database?.stop());
beforeEach(async () => {
  world = await makeWorld(database);
});

type Row = Record<string, unknown>;
const owned = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.owner.query(sql, values)).rows;
const service = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await database.as(asService, (client) => client.query(sql, values))).rows;
const as = async (user: string, sql: string, values: unknown[] = [], claims: Record<string, string> = {}) =>
  (await database.as(asUser(user, { email: 'who@example.test', ...claims }), (client) => client.query(sql, values)))
    .rows;

let count = 0;
/** A schedule of the member's, straight into the table; due since `ago` when that is given. */
async function schedule(
  columns: Row = {},
  { by = world.member, ago }: { by?: string; ago?: string } = {},
): Promise<Row> {
  const row: Row = {
    project_id: world.project,
    environment_id: world.environment,
    name: `s-${++count}`,
    cron: '0 * * * *',
    ...columns,
  };
  const names = Object.keys(row);
  const [made] = await as(
    by,
    `insert into public.schedules (${names.join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')}) returning *`,
    Object.values(row),
  );
  if (ago !== undefined)
    await service(
      `select public.plan_schedule($1, 1, plan_from, now() - $2::interval) from public.schedules where id = $1`,
      [made?.id, ago],
    );
  return read(String(made?.id));
}
/** As text where a Date would lose microseconds. */
const read = async (id: string): Promise<Row> =>
  (
    await owned('select *, next_at::text as due, plan_from::text as counted_from from public.schedules where id = $1', [
      id,
    ])
  )[0] ?? {};
const runsOf = (id: unknown) =>
  owned('select * from public.schedule_runs where schedule_id = $1 order by scheduled_for', [id]);
const fireSql = `select public.fire_schedule($1, $2, $3, $4, $5, $6, now() + interval '1 hour') as fired`;
const fire = async (of: Row, { make = true, moments = 1, at = of.due } = {}): Promise<Row | null> =>
  (await service(fireSql, [of.id, of.version, of.due, at, moments, make]))[0]?.fired as Row | null;

describe('a schedule in the table', () => {
  it('belongs to who writes it and to its project’s account, and begins without a next moment', async () => {
    const made = await schedule();
    expect(made).toMatchObject({
      account_id: world.account,
      owner_id: world.member,
      application_token_id: null,
      status: 'planning',
      next_at: null,
      version: 1,
    });
    const forged = as(
      world.member,
      `insert into public.schedules (project_id, environment_id, name, cron, owner_id) values ($1, $2, 'forged', '* * * * *', $3)`,
      [world.project, world.environment, world.owner],
    );
    await expect(forged).rejects.toMatchObject({ code: '42501' });
    for (const column of [
      'next_at',
      'ended_at',
      'last_at',
      'plan_from',
      'application_token_id',
      'failure',
      'account_id',
    ]) {
      const written = as(world.owner, `update public.schedules set ${column} = null where id = $1`, [made.id]);
      await expect(written).rejects.toMatchObject({ code: '42501' });
    }
  });

  it.each([
    [{ cron: '* * * * *', at: '2030-01-01' }, 'both a line and a moment'],
    [{ cron: null }, 'neither'],
    [{ cron: null, at: 'infinity' }, 'a moment that never comes'],
    [{ environment_id: null }, 'a deployment to nowhere'],
    [{ kind: 'noop' }, 'a noop in an environment'],
    [{ kind: 'noop', environment_id: null, ref: 'main' }, 'a noop of a ref'],
    [{ name: 'No Slug' }, 'a name that is no slug'],
    [{ timezone: '' }, 'no time zone'],
    [{ cron: '' }, 'an empty line'],
  ] satisfies [Row, string][])('is not %j: %s', async (columns, _why) => {
    await expect(schedule(columns)).rejects.toMatchObject({ code: '23514' });
  });

  it('is of its own project and account alone, once by a name', async () => {
    await schedule({ name: 'twice' });
    await expect(schedule({ name: 'twice' })).rejects.toMatchObject({ code: '23505' });
    for (const user of [world.viewer, world.outsider]) {
      await expect(schedule({}, { by: user })).rejects.toMatchObject({ code: '42501' });
    }
    await expect(schedule({ account_id: world.otherAccount }, { by: world.outsider })).rejects.toMatchObject({
      code: '23503',
    });
    expect(await as(world.outsider, 'select id from public.schedules')).toEqual([]);
    expect(await as(world.viewer, 'select id from public.schedules')).toHaveLength(1);
  });

  it('passes to whoever changes it; a change of its time counts anew, another does not', async () => {
    const planned = await schedule({}, { ago: '-1 hour' });
    expect(planned).toMatchObject({ status: 'active', version: 1 });
    await as(world.admin, `update public.schedules set ref = 'v2' where id = $1`, [planned.id]);
    const changed = await read(String(planned.id));
    expect(changed).toMatchObject({ owner_id: world.admin, version: 2, status: 'active', due: planned.due });
    await as(world.owner, `update public.schedules set cron = '5 * * * *' where id = $1`, [planned.id]);
    expect(await read(String(planned.id))).toMatchObject({
      owner_id: world.owner,
      version: 3,
      status: 'planning',
      next_at: null,
    });
    await as(world.owner, 'update public.schedules set enabled = false where id = $1', [planned.id]);
    expect(await read(String(planned.id))).toMatchObject({ status: 'disabled' });
  });

  it('moves only as the table says, whoever asks', async () => {
    const made = await schedule();
    await owned('update public.schedules set enabled = false where id = $1', [made.id]);
    // The platform's own key gets no further: what is enabled is always planned first.
    await service('update public.schedules set enabled = true, next_at = now() where id = $1', [made.id]);
    expect(await read(String(made.id))).toMatchObject({ status: 'planning', next_at: null });
    await expect(
      service('update public.schedules set ended_at = now() where id = $1', [made.id]),
    ).rejects.toMatchObject({
      code: 'PT409',
      message: 'illegal_transition',
    });
  });
});

describe('a moment', () => {
  it('makes a deployment in the name of the owner, in the task engine’s line, and says so in the audit log', async () => {
    const due = await schedule({ ref: 'v1.0' }, { ago: '1 second' });
    expect(await fire(due)).toMatchObject({ outcome: 'made', failure: null, taskId: expect.any(String) });
    const [run] = await runsOf(due.id);
    expect(run).toMatchObject({ outcome: 'made', manual: false, moments: 1, requested_by: world.member });
    const [deployment] = await owned('select * from public.deployments where id = $1', [run?.deployment_id]);
    expect(deployment).toMatchObject({
      requested_by: world.member,
      ref: 'v1.0',
      environment_id: world.environment,
      status: 'queued',
      task_id: run?.task_id,
    });
    expect(await owned('select kind from private.outbox where task_id = $1', [run?.task_id])).toEqual([
      { kind: 'task.dispatch' },
    ]);
    const audit = await owned(
      `select subject_type, actor_user_id, actor_email, detail, source from public.audit_log
       where subject_id in ($1, $2) order by id`,
      [run?.deployment_id, run?.id],
    );
    expect(audit).toMatchObject([
      {
        subject_type: 'deployment',
        actor_user_id: world.member,
        actor_email: expect.stringMatching(/^member-/),
        source: { userAgent: `schedule ${due.name}`, requestId: run?.id },
      },
      { subject_type: 'schedule_run', actor_user_id: world.member, detail: { schedule_id: due.id, outcome: 'made' } },
    ]);
    expect(await read(String(due.id))).toMatchObject({ status: 'active', last_outcome: 'made', version: 1 });
  });

  it('takes the project’s default ref as it is then, or makes a noop', async () => {
    const due = await schedule({}, { ago: '1 second' });
    await owned(`update public.projects set default_ref = 'trunk' where id = $1`, [world.project]);
    await fire(due);
    const [run] = await runsOf(due.id);
    expect(await owned('select ref from public.deployments where id = $1', [run?.deployment_id])).toEqual([
      { ref: 'trunk' },
    ]);
    const noop = await schedule({ kind: 'noop', environment_id: null }, { ago: '1 second' });
    await fire(noop);
    const [made] = await runsOf(noop.id);
    expect(made).toMatchObject({ outcome: 'made', deployment_id: null });
    expect(await owned('select type, status, project_id from public.tasks where id = $1', [made?.task_id])).toEqual([
      { type: 'noop', status: 'queued', project_id: world.project },
    ]);
  });

  it('is acted on once: not again, not too early, not after a change', async () => {
    const due = await schedule({}, { ago: '1 second' });
    expect(await fire(due)).not.toBeNull();
    expect(await fire(due)).toBeNull();
    expect(await runsOf(due.id)).toHaveLength(1);
    const early = await schedule({}, { ago: '-1 minute' });
    expect(await fire(early)).toBeNull();
    const changed = await schedule({}, { ago: '1 second' });
    await as(world.member, `update public.schedules set ref = 'other' where id = $1`, [changed.id]);
    expect(await fire(changed)).toBeNull();
    const disabled = await schedule({}, { ago: '1 second' });
    await as(world.member, 'update public.schedules set enabled = false where id = $1', [disabled.id]);
    expect(await fire({ ...disabled, version: 2 })).toBeNull();
    expect(await owned('select id from public.deployments where project_id = $1', [world.project])).toHaveLength(1);
  });

  it('once more after the clock was put back, for what was not done yet and nothing else', async () => {
    const due = await schedule({}, { ago: '1 second' });
    await fire(due);
    // As a server whose clock was a year ahead would have left it.
    await owned(
      `update public.schedules set next_at = now() + interval '1 year', planned_at = now() + interval '1 year' where id = $1`,
      [due.id],
    );
    const found = await service('select id, status from public.due_schedules(100, 5)');
    expect(found).toContainEqual({ id: due.id, status: 'planning' });
    const { counted_from } = await read(String(due.id));
    await service('select public.plan_schedule($1, 1, $2, $3)', [due.id, counted_from, due.due]);
    expect(await fire(await read(String(due.id)))).not.toBeNull();
    expect(await runsOf(due.id)).toHaveLength(1);
    expect(await read(String(due.id))).toMatchObject({ status: 'active' });
  });

  it('of many callers at once, one acts', async () => {
    const due = await schedule({}, { ago: '1 second' });
    const all = await Promise.all(Array.from({ length: 8 }, () => fire(due)));
    expect(all.filter((fired) => fired !== null)).toHaveLength(1);
    expect(await runsOf(due.id)).toHaveLength(1);
  });

  it('whose transaction dies leaves nothing, and the next one does it', async () => {
    const due = await schedule({}, { ago: '1 second' });
    const client = new Client({ connectionString: database.postgres.url('postgres') });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('begin');
    await client.query(
      `select set_config('role', 'service_role', true), set_config('request.jwt.claims', '{"role": "service_role"}', true)`,
    );
    await client.query(fireSql, [due.id, due.version, due.due, due.due, 1, true]);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    await owned('select pg_terminate_backend($1)', [rows[0]?.pid]);
    expect(await fire(due)).toMatchObject({ outcome: 'made' });
    await client.end();
    expect(await runsOf(due.id)).toHaveLength(1);
    expect(await owned('select id from public.deployments where project_id = $1', [world.project])).toHaveLength(1);
  });

  it('that is skipped makes nothing and is written down', async () => {
    const due = await schedule({}, { ago: '6 hours' });
    expect(await fire(due, { make: false, moments: 6 })).toMatchObject({ outcome: 'skipped', taskId: null });
    expect(await runsOf(due.id)).toMatchObject([{ outcome: 'skipped', moments: 6, task_id: null }]);
  });

  it('the last one ends the schedule; another time begins it anew', async () => {
    const due = await schedule({ cron: null, at: '2030-01-01' }, { ago: '1 second' });
    await service('select public.fire_schedule($1, 1, $2, $2, 1, true, null)', [due.id, due.due]);
    expect(await read(String(due.id))).toMatchObject({ status: 'ended', next_at: null });
    await as(world.member, `update public.schedules set at = '2031-01-01' where id = $1`, [due.id]);
    expect(await read(String(due.id))).toMatchObject({ status: 'planning', ended_at: null });
  });
});

describe('whose owner may no more', () => {
  const lost = {
    left: () =>
      owned('delete from public.accounts_memberships where account_id = $1 and user_id = $2', [
        world.account,
        world.member,
      ]),
    'lost the role': () =>
      owned(`update public.accounts_memberships set role = 'viewer' where account_id = $1 and user_id = $2`, [
        world.account,
        world.member,
      ]),
    'was banned': () =>
      owned(`update auth.users set banned_until = now() + interval '1 day' where id = $1`, [world.member]),
    'was deleted': () => owned('delete from auth.users where id = $1', [world.member]),
  };
  it.each(Object.keys(lost) as (keyof typeof lost)[])(
    '%s: nothing is made, it says why and stops until somebody takes it over',
    async (how) => {
      const due = await schedule({}, { ago: '1 second' });
      await lost[how]();
      expect(await fire(due)).toMatchObject({ outcome: 'failed', failure: { code: 'schedule_owner' } });
      expect(await runsOf(due.id)).toMatchObject([
        {
          outcome: 'failed',
          failure: { code: 'schedule_owner', suggestion: `Take it over: sfp schedule enable ${due.id}` },
        },
      ]);
      expect(await read(String(due.id))).toMatchObject({ status: 'stopped', failure: { code: 'schedule_owner' } });
      expect(await owned('select id from public.deployments where project_id = $1', [world.project])).toEqual([]);
      const found = await service('select id from public.due_schedules(100, 86400)');
      expect(found.map(({ id }) => id)).not.toContain(due.id);
      await as(world.admin, 'update public.schedules set enabled = true where id = $1', [due.id]);
      expect(await read(String(due.id))).toMatchObject({ status: 'planning', owner_id: world.admin, failure: null });
    },
  );

  it('a schedule made by a token ends with the token, and is held to its scope', async () => {
    const [token] = await as(
      world.owner,
      `select id from public.create_application_token($1, 'ci', 'sfp_at_abcd', $2, null, 'deploy')`,
      [world.account, `${'c'.repeat(60)}${String(++count).padStart(4, '0')}`],
    );
    const claims = { app_account_id: world.account, app_token_id: String(token?.id) };
    const make = async (name: string): Promise<Row> => {
      const [made] = await as(
        world.owner,
        `insert into public.schedules (project_id, environment_id, name, cron) values ($1, $2, $3, '* * * * *') returning id`,
        [world.project, world.environment, name],
        claims,
      );
      await service(
        `select public.plan_schedule($1, 1, plan_from, now() - interval '1 second') from public.schedules where id = $1`,
        [made?.id],
      );
      return read(String(made?.id));
    };
    const first = await make('by-token');
    expect(first).toMatchObject({ application_token_id: token?.id, owner_id: world.owner });
    expect(await fire(first)).toMatchObject({ outcome: 'made' });
    const second = await make('by-token-too');
    await as(world.owner, 'select public.revoke_application_token($1)', [token?.id]);
    expect(await fire(second)).toMatchObject({ outcome: 'failed', failure: { code: 'schedule_owner' } });
  });
});

describe('fired by hand', () => {
  it('it acts for who asks, also when it is disabled, and leaves its moments alone', async () => {
    const planned = await schedule({}, { ago: '-1 hour' });
    const [run] = await as(world.admin, 'select * from public.run_schedule($1)', [planned.id]);
    expect(run).toMatchObject({ outcome: 'made', manual: true, requested_by: world.admin });
    expect(await owned('select requested_by from public.deployments where id = $1', [run?.deployment_id])).toEqual([
      { requested_by: world.admin },
    ]);
    expect(await read(String(planned.id))).toMatchObject({ due: planned.due, version: 1, owner_id: world.member });
    await as(world.member, 'update public.schedules set enabled = false where id = $1', [planned.id]);
    await as(world.admin, 'select public.run_schedule($1)', [planned.id]);
    expect(await runsOf(planned.id)).toHaveLength(2);
    for (const [user, code] of [
      [world.viewer, 'PT403'],
      [world.outsider, 'PT404'],
    ]) {
      await expect(as(String(user), 'select public.run_schedule($1)', [planned.id])).rejects.toMatchObject({ code });
    }
  });
});
