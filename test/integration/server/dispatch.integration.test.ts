import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  await stack.call('POST', '/projects', { token: owner.token, body: { slug: 'site', repositoryUrl: '/x' } });
  await stack.call('POST', '/projects/site/environments', { token: owner.token, body: { slug: 'dev' } });
});
afterAll(() => stack?.stop());

const deploy = async (): Promise<string> => {
  const { body } = await stack.call('POST', '/deployments', {
    token: owner.token,
    body: { project: 'site', environment: 'dev' },
  });
  return body.taskId;
};
const runOf = async (task: string): Promise<string | null> =>
  (await stack.owner.query('select run_id from public.tasks where id = $1', [task])).rows[0]?.run_id;
const outboxOf = async (task: string) =>
  (await stack.owner.query('select kind, attempts, last_error from private.outbox where task_id = $1', [task])).rows;
const finished = (task: string) =>
  waitFor(
    async () => {
      const { rows } = await stack.owner.query('select status from public.tasks where id = $1', [task]);
      return ['succeeded', 'failed', 'cancelled'].includes(rows[0]?.status) ? rows[0].status : undefined;
    },
    { timeoutMs: 40_000, what: 'the task to end' },
  );
const dispatched = (task: string) =>
  waitFor(async () => (await runOf(task)) ?? undefined, { timeoutMs: 20_000, what: 'the task to be dispatched' });

describe('dispatch', () => {
  it('while the engine is away nothing is lost: retried with its reason, delivered when it comes', async () => {
    const task = await deploy();
    await waitFor(async () => (await outboxOf(task))[0]?.attempts >= 2, { timeoutMs: 20_000, what: 'a second try' });
    expect(await outboxOf(task)).toMatchObject([{ kind: 'task.dispatch', last_error: expect.any(String) }]);
    expect(await runOf(task)).toBeNull();
    await stack.start('hatchet');
    await stack.start('worker-standard');
    expect(await dispatched(task)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await outboxOf(task)).toEqual([]);
    // There is no such repository: the whole way to a worker and back.
    expect(await finished(task)).toBe('failed');
    const { body } = await stack.call('GET', `/tasks/${task}`, { token: owner.token });
    expect(body.failure).toMatchObject({ code: expect.any(String), suggestion: expect.any(String) });
  });

  it('a row that came straight through REST is dispatched, with only the database’s own wake-ups', async () => {
    const { data: environment } = await stack.as(owner.token).from('environments').select('id').single();
    const { data } = await stack
      .as(owner.token)
      .from('deployments')
      .insert({ environment_id: environment?.id, ref: 'main' })
      .select('task_id')
      .single();
    expect(await dispatched(data?.task_id)).toBeTruthy();
  });

  it('the API killed between insert and dispatch: the next one delivers', async () => {
    await stack.roles.get('api')?.kill();
    const { data: environment } = await stack.as(owner.token).from('environments').select('id').single();
    const inserted = stack.as(owner.token).from('deployments').insert({ environment_id: environment?.id, ref: 'main' });
    const { data } = await inserted.select('task_id').single();
    expect(await runOf(data?.task_id)).toBeNull();
    await stack.start('api');
    expect(await dispatched(data?.task_id)).toBeTruthy();
  });

  it('health sees the engine, and the pool without a worker', async () => {
    const parts = await waitFor(
      async () => {
        const { body } = await stack.call('GET', '/health');
        return body.parts.engine.status === 'ok' ? body.parts : undefined;
      },
      { timeoutMs: 20_000, what: 'the engine to be seen' },
    );
    expect(parts.workers).toMatchObject({ status: 'down', detail: expect.stringContaining('long') });
    await stack.start('worker-long');
    await waitFor(async () => (await stack.call('GET', '/health')).status === 200, {
      timeoutMs: 20_000,
      what: 'all parts to be ok',
    });
  });

  it('a run that the engine lost is dispatched again', async () => {
    await stack.owner.query('begin');
    const { rows } = await stack.owner.query(
      `insert into public.tasks (account_id, type) select id, 'noop' from public.accounts returning id`,
    );
    const task = rows[0]?.id;
    await stack.owner.query('delete from private.outbox where task_id = $1', [task]);
    await stack.owner.query(
      `update public.tasks set run_id = gen_random_uuid()::text, dispatched_at = now() - interval '1 hour' where id = $1`,
      [task],
    );
    await stack.owner.query('commit');
    expect(await finished(task)).toBe('succeeded');
  });

  it('a part that is away is said, not hung on, and used again when it is back', async () => {
    await stack.roles.get('rest')?.kill();
    await stack.roles.get('auth')?.kill();
    const projects = await stack.call('GET', '/projects', { token: owner.token });
    expect([projects.status, projects.body.code]).toEqual([503, 'database_unavailable']);
    const login = await stack.call('POST', '/auth/login', { body: { email: owner.email, password: owner.password } });
    expect([login.status, login.body.code]).toEqual([503, 'auth_unavailable']);
    expect((await stack.call('GET', '/health')).body.parts).toMatchObject({
      database: { status: 'down' },
      auth: { status: 'down' },
      engine: { status: 'ok' },
    });
    await Promise.all([stack.start('rest'), stack.start('auth')]);
    expect((await stack.call('GET', '/projects', { token: owner.token })).status).toBe(200);
  });

  it('stops within its limit and says nothing bad', async () => {
    const api = stack.roles.get('api');
    expect(await api?.stop(9_000)).toBe(0);
  });
});
