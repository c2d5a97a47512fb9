import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleDetailSchema, scheduleRunSchema } from '../../../contracts/schedule.ts';
import { roleTable } from '../../../embedded/roles/role-table.ts';
import { freePort } from '../../support/free-port.ts';
import { type Role, startRole } from '../../support/role.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let viewer: User;
let project: { id: string; accountId: string };
let environment: string;
const others: Role[] = [];

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  viewer = await stack.user('viewer');
  const account = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  const row = { account_id: account.body.id, user_id: viewer.id, role: 'viewer' };
  const { error } = await stack.as(owner.token).from('accounts_memberships').insert(row);
  if (error !== null) throw error;
  const site = { slug: 'site', repositoryUrl: '/site' };
  project = (await stack.call('POST', '/projects', { token: owner.token, body: site })).body;
  const { rows: made } = await stack.owner.query<{ id: string }>(
    `insert into public.environments (project_id, slug, name) values ($1, 'dev', 'Dev') returning id`,
    [project.id],
  );
  environment = made[0]?.id ?? '';
});
afterAll(async () => {
  for (const role of others) await role.stop();
  await stack?.stop();
});

const name = (): string => `s-${randomBytes(6).toString('hex')}`;
const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, by = owner) =>
  stack.call(method, path, { token: by.token, headers, ...(body === undefined ? {} : { body }) });
const create = (body: Record<string, unknown> = {}, by = owner) =>
  call('POST', '/projects/site/schedules', { name: name(), environment: 'dev', cron: '0 0 1 1 *', ...body }, {}, by);
const rows = async (sql: string, values: unknown[] = []) => (await stack.owner.query(sql, values)).rows;
const runsOf = async (id: string) => (await call('GET', `/schedules/${id}/runs`)).body.items;
const anyVersion = { 'if-match': '*' };

/** Schedules of noops, due since a moment: as a server leaves them that dies. */
const dueSince = (
  moment: string,
  count: number,
  { cron = '0 0 1 1 *', missed = 'once' } = {},
): Promise<{ id: string }[]> =>
  stack.owner
    .query<{ id: string }>(
      `insert into public.schedules (account_id, project_id, kind, name, cron, missed, owner_id)
       select $1, $2, 'noop', 'due-' || left(gen_random_uuid()::text, 23), $3, $4, $5 from generate_series(1, $6) returning id`,
      [project.accountId, project.id, cron, missed, owner.id, count],
    )
    .then(async ({ rows: made }) => {
      const ids = made.map(({ id }) => id);
      await stack.owner.query('update public.schedules set next_at = $2, planned_at = $2 where id = any($1)', [
        ids,
        moment,
      ]);
      return made;
    });

describe('schedules in the API', () => {
  it('are made once for a key, planned, listed and shown with what comes next', async () => {
    const key = { 'idempotency-key': name() };
    const body = { name: name(), environment: 'dev', cron: '30 9 * * 1-5', timezone: 'Europe/Berlin' };
    const made = await call('POST', '/projects/site/schedules', body, key);
    expect(made.status).toBe(201);
    const schedule = scheduleDetailSchema.parse(made.body);
    expect(schedule).toMatchObject({
      ownerId: owner.id,
      environmentId: environment,
      missed: 'once',
      enabled: true,
      version: 1,
    });
    const again = await call('POST', '/projects/site/schedules', body, key);
    expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([schedule.id, 'true']);
    expect((await call('POST', '/projects/site/schedules', body)).status).toBe(409);
    const active = await waitFor(
      async () => {
        const { body: now } = await call('GET', `/schedules/${schedule.id}?upcoming=3`, undefined, {}, viewer);
        return now.status === 'active' ? now : undefined;
      },
      { timeoutMs: 10_000, what: 'the schedule to be planned' },
    );
    expect(active.upcoming).toHaveLength(3);
    expect(Date.parse(active.nextAt)).toBe(Date.parse(schedule.upcoming[0] ?? ''));
    const listed = async (query: string) =>
      (await call('GET', `/projects/site/schedules${query}`, undefined, {}, viewer)).body.items.map(
        (item: { name: string }) => item.name,
      );
    expect(await listed(`?name=${body.name}`)).toEqual([body.name]);
    expect(await listed('?status=ended')).toEqual([]);
  });

  it.each([
    [{ cron: 'often' }, 'cron'],
    [{ cron: '0 0 30 2 *' }, 'cron'],
    [{ cron: '* * * * * *' }, 'cron'],
    [{ timezone: 'Mars/Phobos' }, 'timezone'],
    [{ cron: undefined, at: '2020-01-01T00:00:00Z' }, 'at'],
    [{ cron: undefined }, 'cron'],
    [{ at: '2030-01-01T00:00:00Z' }, 'cron'],
    [{ environment: undefined }, 'environment'],
    [{ kind: 'noop' }, 'environment'],
    [{ kind: 'noop', environment: undefined, ref: 'main' }, 'ref'],
    [{ missed: 'sometimes' }, 'missed'],
    [{ name: 'No Slug' }, 'name'],
  ])('refuse %j and name the field', async (body, field) => {
    const refused = await create(body);
    expect([refused.status, refused.body.errors?.[0]?.path]).toEqual([422, field]);
  });

  it('change under the version that was read, by members', async () => {
    const { id } = (await create()).body;
    const path = `/schedules/${id}`;
    expect((await call('PATCH', path, { enabled: false })).status).toBe(428);
    expect((await call('PATCH', path, {}, anyVersion)).status).toBe(422);
    expect((await call('PATCH', path, { cron: '* * * * *', at: '2030-01-01T00:00:00Z' }, anyVersion)).status).toBe(422);
    const disabled = await call('PATCH', path, { enabled: false }, { 'if-match': '"1"' });
    expect([disabled.status, disabled.body.status, disabled.body.upcoming]).toEqual([200, 'disabled', []]);
    const stale = await call('PATCH', path, { enabled: true }, { 'if-match': '"1"' });
    expect([stale.status, stale.body.code]).toEqual([409, 'version_conflict']);
    const once = await call('PATCH', path, { at: '2030-01-01T00:00:00Z', enabled: true, ref: 'v1' }, anyVersion);
    expect(once.body).toMatchObject({ cron: null, ref: 'v1', upcoming: ['2030-01-01T00:00:00.000Z'] });
    expect((await call('PATCH', path, { at: '2020-01-01T00:00:00Z' }, anyVersion)).status).toBe(422);
    for (const [method, of, body] of [
      ['PATCH', path, { enabled: false }],
      ['DELETE', path, undefined],
      ['POST', `${path}/run`, undefined],
    ] as const) {
      expect((await call(method, of, body, anyVersion, viewer)).status).toBe(403);
    }
    expect((await call('DELETE', path)).status).toBe(204);
    const gone = await call('GET', path);
    expect([gone.status, gone.body.suggestion]).toEqual([404, expect.stringContaining('sfp schedule list')]);
  });

  it('are fired by hand, once for a key', async () => {
    const { id } = (await create()).body;
    const key = { 'idempotency-key': name() };
    const run = await call('POST', `/schedules/${id}/run`, undefined, key);
    expect([run.status, run.body.detail]).toEqual([201, undefined]);
    expect(scheduleRunSchema.parse(run.body)).toMatchObject({ manual: true, outcome: 'made', taskStatus: 'queued' });
    expect((await call('POST', `/schedules/${id}/run`, undefined, key)).body.id).toBe(run.body.id);
    const deployment = await call('GET', `/deployments/${run.body.deploymentId}`);
    expect(deployment.body).toMatchObject({ requestedBy: owner.id, taskId: run.body.taskId });
    expect(await runsOf(id)).toHaveLength(1);
    expect((await call('GET', `/schedules/${id}/runs?outcome=failed`)).body.items).toEqual([]);
  });
});

describe('the scheduler', () => {
  it('plans what came straight through REST, or says why it cannot', async () => {
    const insert = async (columns: Record<string, unknown>): Promise<string> => {
      const row = { project_id: project.id, environment_id: environment, name: name(), ...columns };
      const { data, error } = await stack.as(owner.token).from('schedules').insert(row).select('id').single();
      if (error !== null) throw error;
      return data.id;
    };
    const settled = (id: string) =>
      waitFor(
        async () => {
          const { body } = await call('GET', `/schedules/${id}`);
          return body.status === 'planning' ? undefined : body;
        },
        { timeoutMs: 10_000, what: 'the schedule to be planned' },
      );
    expect(await settled(await insert({ cron: '0 0 1 1 *' }))).toMatchObject({ status: 'active' });
    for (const [columns, code] of [
      [{ cron: 'often' }, 'schedule_cron'],
      [{ cron: '* * * * *', timezone: 'Nowhere' }, 'schedule_timezone'],
      [{ at: '2020-01-01' }, 'schedule_without_moment'],
    ] as const) {
      const stopped = await settled(await insert(columns));
      expect(stopped).toMatchObject({
        status: 'stopped',
        upcoming: [],
        failure: { code, suggestion: expect.any(String) },
      });
    }
  });

  it('fires one moment two seconds ahead, and is done with it', async () => {
    const at = new Date(Date.now() + 2_000).toISOString();
    const { id } = (await create({ cron: undefined, at })).body;
    const ended = await waitFor(
      async () => {
        const { body } = await call('GET', `/schedules/${id}`);
        return body.status === 'ended' ? body : undefined;
      },
      { timeoutMs: 20_000, what: 'the moment' },
    );
    expect(ended).toMatchObject({ lastOutcome: 'made', nextAt: null });
    const [run] = await runsOf(id);
    expect(Date.parse(run.scheduledFor)).toBe(Date.parse(at));
    expect(Date.parse(run.createdAt)).toBeGreaterThanOrEqual(Date.parse(at));
  });

  it('makes up for an outage as each schedule says', async () => {
    await stack.roles.get('api')?.kill();
    const half = new Date(Date.now() - 30 * 60_000);
    const cron = `${half.getUTCMinutes()} * * * *`;
    half.setUTCSeconds(0, 0);
    const hoursAgo = (hours: number): string => new Date(half.getTime() - hours * 3_600_000).toISOString();
    const ids: Record<string, string> = {};
    for (const [key, missed, hours] of [
      ['skip', 'skip', 5],
      ['once', 'once', 5],
      ['each', 'each', 5],
      ['long', 'each', 47],
    ] as const) {
      ids[key] = (await dueSince(hoursAgo(hours), 1, { cron, missed }))[0]?.id ?? '';
    }
    await stack.start('api');
    const caught = await waitFor(
      async () => {
        const found = await rows('select id from public.schedules where id = any($1) and next_at > now()', [
          Object.values(ids),
        ]);
        return found.length === 4;
      },
      { timeoutMs: 20_000, what: 'the schedules to be in the future again' },
    );
    expect(caught).toBe(true);
    const summary = async (id = ''): Promise<Record<string, number>> => {
      const found = await rows(
        `select outcome, count(*)::int as rows, sum(moments)::int as moments from public.schedule_runs where schedule_id = $1 group by outcome`,
        [id],
      );
      return Object.fromEntries(
        found.flatMap(({ outcome, rows: n, moments }) => [
          [outcome, n],
          [`${outcome} moments`, moments],
        ]),
      );
    };
    expect(await summary(ids.skip)).toEqual({ skipped: 1, 'skipped moments': 6 });
    expect(await summary(ids.once)).toEqual({ made: 1, 'made moments': 6 });
    expect(await summary(ids.each)).toEqual({ made: 6, 'made moments': 6 });
    expect(await summary(ids.long)).toEqual({ skipped: 1, 'skipped moments': 28, made: 20, 'made moments': 20 });
  });

  it('two servers race for 500 moments and are killed in between: each is fired once', async () => {
    await stack.roles.get('api')?.kill();
    const before = Number((await rows(`select count(*) from public.tasks where type = 'noop'`))[0]?.count);
    const ids = (await dueSince(new Date(Date.now() - 1_000).toISOString(), 500)).map(({ id }) => id);
    const fired = async (): Promise<number> =>
      Number((await rows('select count(*) from public.schedule_runs where schedule_id = any($1)', [ids]))[0]?.count);
    const second = async (): Promise<Role> => {
      const port = await freePort();
      const entry = new URL('../../../server/main.ts', import.meta.url);
      const role = await startRole(
        entry,
        { ...roleTable.api.env(stack.context), SFP_LOG_LEVEL: 'info', SFP_API_PORT: String(port) },
        { ready: async () => (await fetch(`http://127.0.0.1:${port}/api/v1/health/live`)).ok },
      );
      others.push(role);
      return role;
    };
    const reached = (count: number) =>
      waitFor(async () => (await fired()) >= count, {
        timeoutMs: 120_000,
        what: `${count} fired moments`,
        everyMs: 50,
      });
    const [one] = await Promise.all([stack.start('api'), second()]);
    await reached(40);
    await one.kill();
    const three = second();
    await reached(150);
    await others[0]?.kill();
    await three;
    const last = await stack.start('api');
    await reached(500);
    expect(last.output()).not.toContain('"level":50');
    await waitFor(
      async () =>
        Number(
          (await rows('select count(*) from public.schedules where id = any($1) and next_at > now()', [ids]))[0]?.count,
        ) === 500,
      { timeoutMs: 20_000, what: 'every schedule to have moved on' },
    );
    expect(await fired()).toBe(500);
    const made = await rows(
      `select count(*)::int as runs, count(distinct task_id)::int as tasks, count(distinct schedule_id)::int as schedules
       from public.schedule_runs where schedule_id = any($1) and outcome = 'made'`,
      [ids],
    );
    expect(made).toEqual([{ runs: 500, tasks: 500, schedules: 500 }]);
    expect(Number((await rows(`select count(*) from public.tasks where type = 'noop'`))[0]?.count)).toBe(before + 500);
  }, 240_000);
});

describe('sfp schedule', () => {
  const cli = new StackCli();
  afterAll(() => cli.close());

  it('makes, shows, changes, fires and deletes; times are those of the schedule’s zone', async () => {
    const login = ['login', stack.url, '--name', 'boss', '--email', owner.email, '--password-stdin'];
    expect((await cli.run(login, { input: owner.password })).exitCode).toBe(0);
    const sfp = (...args: string[]) => cli.run(['schedule', ...args]);
    const called = name();
    const of = [called, '--project', 'site'];
    const made = await sfp(
      'create',
      ...of,
      '--environment',
      'dev',
      '--cron',
      '30 9 * * *',
      '--timezone',
      'Asia/Kolkata',
    );
    expect(made.stdout).toMatch(new RegExp(`^${called}  active  next \\d{4}-\\d\\d-\\d\\d 09:30 \\(in .*\\)`));
    await waitFor(async () => (await sfp('get', ...of)).stdout.includes('active'), {
      timeoutMs: 20_000,
      what: 'a plan',
      everyMs: 100,
    });
    const shown = (await sfp('get', ...of, '--upcoming', '2')).stdout;
    expect(shown).toMatch(/next +\d{4}-\d\d-\d\d 09:30 \(in /);
    expect((await sfp('list', '--project', 'site')).stdout).toMatch(
      new RegExp(`${called} +active +deployment +30 9 \\* \\* \\* +Asia/Kolkata`),
    );
    const once = await sfp('update', ...of, '--at', '2030-05-01T08:00');
    expect(once.stdout).toContain('next 2030-05-01 08:00');
    const stale = await sfp('update', ...of, '--ref', 'v1', '--if-version', '1');
    expect([stale.exitCode, stale.stderr]).toEqual([1, expect.stringContaining('version_conflict')]);
    expect((await sfp('disable', ...of)).stdout).toContain('disabled');
    expect((await sfp('enable', ...of)).stdout).toContain('next 2030-05-01 08:00');
    const run = await sfp('run', ...of, '--detach', '--json');
    expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'made', manual: true });
    expect((await sfp('runs', ...of)).stdout).toMatch(/made +by hand +[0-9a-f-]{36} +queued/);
    for (const [args, said] of [
      [['create', name(), '--project', 'site', '--environment', 'dev'], '--cron'],
      [['get', called], '--project'],
      [['get', 'nothing', '--project', 'site'], 'sfp schedule list'],
      [['create', name(), '-p', 'site', '-e', 'dev', '--cron', '61 * * * *'], 'Invalid value for minute'],
    ] as const) {
      const refused = await sfp(...args);
      expect([refused.exitCode === 0, refused.stderr]).toEqual([false, expect.stringContaining(said)]);
    }
    expect((await sfp('delete', ...of, '--yes')).stdout).toContain('deleted');
    expect((await sfp('get', ...of)).exitCode).toBe(1);
  }, 180_000);
});
