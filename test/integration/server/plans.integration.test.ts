import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import { type PlanLog, type Planned, planText, tablesOf, watchPlans, wholeReads } from './plan-log.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

/** A table or partition of so many rows is read by an index, or the platform becomes slower with every day. */
const bigRows = 5_000;
const accounts = 20;
const tasksPerAccount = 500;
const eventsPerTask = 30;

let stack: ServerStack;
let owner: User;
let log: PlanLog;
let big: Set<string>;
let account: string;
let environment: string;
let task: string;
let deployment: string;

/** Three months of twenty accounts, past triggers and foreign keys. */
async function fill(client: Client): Promise<void> {
  await client.query('set session_replication_role = replica');
  await client.query(`
    insert into public.accounts (slug, name) select 'other-' || n, 'Other' from generate_series(2, ${accounts}) n;
    insert into public.projects (account_id, slug, name, repository_url)
      select id, 'app', 'App', '/app' from public.accounts where slug like 'other-%';
    insert into public.environments (account_id, project_id, slug, name)
      select account_id, id, 'dev', 'Dev' from public.projects where slug = 'app';
    create temp table made as
      select gen_random_uuid() as id, gen_random_uuid() as task_id, e.account_id, e.project_id, e.id as environment_id,
        now() - random() * interval '89 days' as at
      from public.environments e, generate_series(1, ${tasksPerAccount});
    insert into public.deployments (id, account_id, project_id, environment_id, task_id, ref, queue_status, checkout_status,
        build_status, validate_status, deploy_status, verify_status, created_at, finished_at)
      select id, account_id, project_id, environment_id, task_id, 'main', 'dispatched', 'succeeded', 'skipped', 'skipped',
        'succeeded', 'skipped', at, at from made;
    insert into public.tasks (id, account_id, project_id, environment_id, deployment_id, type, status, attempt, last_seq, created_at, finished_at)
      select task_id, account_id, project_id, environment_id, id, 'deployment', 'succeeded', 1, ${eventsPerTask}, at, at from made;
    insert into public.task_events (task_id, task_created_at, account_id, seq, attempt, position, kind, at, data)
      select task_id, at, account_id, n, 1, n, 'note', at, '{"text": "x"}' from made, generate_series(1, ${eventsPerTask}) n;
    insert into public.environment_allocations (environment_id, account_id, task_id, lease_expires_at, created_at, acquired_at, released_at)
      select environment_id, account_id, task_id, at, at, at, at from made;
    insert into public.audit_log (at, account_id, actor_user_id, actor_email, actor_role, action, subject_type, subject_id)
      select at - random() * interval '250 days', account_id, gen_random_uuid(), 'somebody' || n || '@example.test', 'authenticated',
        'insert', 'deployment', id from made, generate_series(1, 10) n;
  `);
  await client.query('set session_replication_role = origin');
  // No partition was planned for what is that old: the job makes them.
  for (let more = true; more; ) {
    const { rows } = await client.query<{ more: boolean }>(
      `select (public.retention_step(3000, 3000) ->> 'more')::boolean as more`,
    );
    more = rows[0]?.more ?? false;
  }
  await client.query('vacuum (analyze)');
  // A plan names the functions of policies, and writing it down needs the right to look into their schema.
  await client.query('grant usage on schema private to anon, authenticated, service_role');
}

beforeAll(async () => {
  stack = await startServerStack(['hatchet', 'api']);
  owner = await stack.user('owner');
  const post = async (path: string, body: unknown) => {
    const answer = await stack.call('POST', path, { token: owner.token, body });
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.body;
  };
  account = (await post('/accounts', { slug: 'acme', name: 'Acme' })).id;
  await post('/projects', { slug: 'site', repositoryUrl: '/repositories/site' });
  const made = await stack.owner.query<{ id: string }>(
    `insert into public.environments (account_id, project_id, slug, name)
     select account_id, id, 'dev', 'Dev' from public.projects where slug = 'site' returning id`,
  );
  environment = made.rows[0]?.id ?? '';
  const superuser = new Client({ connectionString: stack.context.databaseUrl('supabase_admin') });
  await superuser.connect();
  try {
    await fill(superuser);
    const { rows } = await superuser.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and reltuples >= ${bigRows}`,
    );
    big = new Set(rows.map(({ name }) => name));
  } finally {
    await superuser.end();
  }
  const asked = await stack.owner.query<{ id: string; task_id: string }>(
    `insert into public.deployments (environment_id, ref) values ($1, 'main') returning id, task_id`,
    [environment],
  );
  [deployment, task] = [asked.rows[0]?.id ?? '', asked.rows[0]?.task_id ?? ''];
  log = await watchPlans(stack.context.databaseUrl('supabase_admin'));
  await waitFor(async () => (await stack.call('GET', '/tasks?limit=1', { token: owner.token })).status === 200, {
    timeoutMs: 20_000,
    what: 'REST on new connections',
  });
}, 120_000);
afterAll(() => stack?.stop());

const wholeReadsOfBig = (planned: readonly Planned[]): string[] => [
  ...new Set(
    planned.flatMap((one) => wholeReads(one).flatMap((table) => (big.has(table) ? [`${table}: ${one.query}`] : []))),
  ),
];
/** What ran while the work was done. The log is behind by nothing: a plan is written before its statement is answered. */
async function plansOf(work: () => Promise<unknown>): Promise<Planned[]> {
  await log.take();
  await work();
  return log.take();
}
const get = async (path: string): Promise<unknown> => {
  const { status, body } = await stack.call('GET', path, { token: owner.token });
  expect([path, status, status === 200 ? null : body]).toEqual([path, 200, null]);
  return body;
};
const rpc = async (name: string, values: Record<string, unknown> = {}): Promise<unknown> => {
  const { data, error } = await stack.service.rpc(name, values);
  expect([name, error]).toEqual([name, null]);
  return data;
};

describe('over a database with three months in it', () => {
  it('there are big tables, each partition of the logs among them', () => {
    expect([...big]).toEqual(expect.arrayContaining(['deployments', 'tasks', 'environment_allocations']));
    expect([...big].filter((name) => name.startsWith('task_events_')).length).toBeGreaterThanOrEqual(3);
    expect([...big].filter((name) => name.startsWith('audit_log_')).length).toBeGreaterThanOrEqual(3);
  });

  it('this test notices a statement that reads all of one', async () => {
    const found = wholeReadsOfBig(
      await plansOf(() => Promise.resolve(stack.service.from('task_events').select('seq').eq('attempt', 99))),
    );
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found[0]).toContain('task_events');
  });

  const since = new Date(Date.now() - 20 * 24 * 3_600_000).toISOString();
  it.each([
    ['tasks', () => '/tasks?limit=20'],
    ['tasks of a project', () => '/tasks?project=site&limit=20'],
    ['running tasks', () => '/tasks?status=running&limit=20'],
    ['builds among the tasks', () => '/tasks?type=build&limit=20'],
    ['deployments', () => '/deployments?limit=20'],
    ['deployments of a project', () => '/deployments?project=site&limit=20'],
    ['deployments of an environment', () => '/deployments?project=site&environment=dev&limit=20'],
    ['failed deployments', () => '/deployments?status=failed&limit=20'],
    ['what an environment had', () => `/environments/${environment}/deployed`],
    ['environments', () => '/projects/site/environments'],
    ['who has an environment', () => `/environments/${environment}/locks`],
    ['a deployment', () => `/deployments/${deployment}`],
    ['a task', () => `/tasks/${task}`],
    ['a log', () => `/tasks/${task}/events?limit=500`],
    ['the tail of a log', () => `/tasks/${task}/events?afterSeq=1&limit=500`],
    ['the end of a log', () => `/tasks/${task}/events?afterSeq=1000`],
    ['the audit log', () => '/audit?limit=20'],
    ['the audit log of an account', () => `/audit?accountId=${account}&limit=20`],
    ['what a person did', () => '/audit?actor=owner@example.test&limit=20'],
    ['what nobody did', () => '/audit?actor=nobody@example.test&limit=20'],
    ['what an id did', () => `/audit?actor=${owner.id}&limit=20`],
    ['what happened to a deployment', () => `/audit?subject=deployment&subjectId=${deployment}&limit=20`],
    ['a time of the audit log', () => `/audit?since=${since}&limit=20`],
  ])('%s: by an index', async (_, path) => {
    const planned = await plansOf(() => get(path()));
    expect(planned.length).toBeGreaterThan(0);
    expect(wholeReadsOfBig(planned)).toEqual([]);
  });

  it('the second page too', async () => {
    for (const path of ['/tasks', '/deployments', '/audit']) {
      const { nextCursor } = (await stack.call('GET', `${path}?limit=1`, { token: owner.token })).body;
      expect(typeof nextCursor).toBe('string');
      expect(wholeReadsOfBig(await plansOf(() => get(`${path}?limit=20&cursor=${nextCursor}`)))).toEqual([]);
    }
  });

  it('the dispatcher, the sweeps and the keeping of size', async () => {
    const planned = await plansOf(async () => {
      await rpc('claim_outbox');
      await rpc('waiting_tasks', { p_older_seconds: 30 });
      await rpc('recover_tasks');
      await rpc('retention_step', { p_task_events_days: 3_000, p_audit_log_days: 3_000, p_history_days: 3_000 });
      await rpc('stack_growth');
    });
    expect(planned.some(({ query }) => query.includes('private.outbox'))).toBe(true);
    expect(wholeReadsOfBig(planned)).toEqual([]);
  });

  it('a task from its start to its end, with its place in the line for the environment', async () => {
    const of = { p_task_id: task, p_attempt: 1 };
    const events = [{ position: 1, kind: 'note', at: new Date().toISOString(), data: { text: 'x' } }];
    const planned = await plansOf(async () => {
      await rpc('start_task', { p_task_id: task, p_run_id: 'r', p_worker: 'w', p_lease_seconds: 60 });
      await rpc('acquire_environment', { p_environment_id: environment, p_task_id: task, p_lease_seconds: 60 });
      await rpc('append_task_events', {
        ...of,
        p_events: events,
        p_patch: { stages: { checkout: 'running' } },
        p_lease_seconds: 60,
      });
      await rpc('release_environment', { p_environment_id: environment, p_task_id: task });
      await rpc('finish_task', { ...of, p_status: 'failed', p_failure: null, p_events: [], p_patch: {} });
      const { data: rows } = await stack.as(owner.token).rpc('retry_deployment', { p_deployment_id: deployment });
      await stack.as(owner.token).rpc('cancel_task', { p_task_id: rows.id });
    });
    expect(planned.some(({ query }) => query.includes('insert into public.task_events'))).toBe(true);
    expect(wholeReadsOfBig(planned)).toEqual([]);
  });

  it('and who joins a topic', async () => {
    const planned = await plansOf(async () => {
      const user = stack.as(owner.token);
      await user.realtime.setAuth();
      const joined = new Promise<string>((resolve) => {
        user.channel(`task:${task}`, { config: { private: true } }).subscribe((status) => resolve(status));
      });
      expect(await joined).toBe('SUBSCRIBED');
      await user.removeAllChannels();
      await user.realtime.disconnect();
    });
    expect(wholeReadsOfBig(planned)).toEqual([]);
  });
});

describe('the plans that matter most', () => {
  it('are those in the repository', async () => {
    const asked: Record<string, string> = {
      'GET /tasks': '/tasks?limit=20',
      'GET /tasks, of a project': '/tasks?project=site&limit=20',
      'GET /deployments': '/deployments?limit=20',
      'GET /deployments, of a project': '/deployments?project=site&limit=20',
      'GET /tasks/{id}/events': `/tasks/${task}/events?afterSeq=1&limit=500`,
      'GET /tasks/{id}/events, past the end': `/tasks/${task}/events?afterSeq=1000`,
      'GET /audit': '/audit?limit=20',
      'GET /audit, of an account': `/audit?accountId=${account}&limit=20`,
    };
    const logs = ['tasks', 'deployments', 'task_events', 'audit_log'];
    const parts: string[] = [];
    for (const [title, path] of Object.entries(asked)) {
      const planned = await plansOf(() => get(path));
      const main = planned.filter((one) => tablesOf(one).some((table) => logs.includes(table)));
      expect([title, main.length > 0]).toEqual([title, true]);
      parts.push(`## ${title}`, ...new Set(main.map(({ plan }) => planText(plan))), '');
    }
    await expect(parts.join('\n')).toMatchFileSnapshot('./plans.snapshot.txt');
  });
});
