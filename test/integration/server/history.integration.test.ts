import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StackCli } from '../../support/stack-cli.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let member: User;
let outsider: User;
const cli = new StackCli();

/** Deployments with a past, newest last: what a worker would have said of them. */
const past = [
  { ref: 'main', subject: 'Fix the login form', failure: null, by: 'owner', environment: 'dev' },
  { ref: 'feature/login-page', subject: 'A page for the login', failure: null, by: 'member', environment: 'dev' },
  {
    ref: 'v1.2.0',
    subject: 'Release 1.2.0',
    failure: 'The step deploy ended with 137',
    by: 'owner',
    environment: 'live',
  },
  {
    ref: 'main',
    subject: `Words ${'x'.repeat(3_000)} as long as this`,
    failure: null,
    by: 'member',
    environment: 'live',
  },
] as const;
const ids: string[] = [];

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  member = await stack.user('member');
  outsider = await stack.user('outsider');
  const account = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  await stack.call('POST', '/accounts', { token: outsider.token, body: { slug: 'other', name: 'Other' } });
  const site = { slug: 'site', repositoryUrl: '/site' };
  const project = (await stack.call('POST', '/projects', { token: owner.token, body: site })).body;
  await stack.owner.query(
    `insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, 'member')`,
    [account.body.id, member.id],
  );
  await stack.owner.query(
    `insert into public.environments (project_id, slug, name) select $1, slug, slug from unnest(array['dev', 'live']) slug`,
    [project.id],
  );
  for (const [index, { ref, subject, failure, by, environment }] of past.entries()) {
    const made = await stack.call('POST', '/deployments', {
      token: by === 'owner' ? owner.token : member.token,
      body: { project: 'site', environment, ref },
    });
    ids.push(made.body.id);
    const said = failure === null ? null : { code: 'step_failed', message: failure };
    await stack.owner.query(
      `update public.deployments set commit_sha = $2, metadata = jsonb_build_object('commit', $3::jsonb), failure = $4, created_at = $5 where id = $1`,
      [
        made.body.id,
        `${index}e4aa9f0c1d2e3f405162738495a6b7c8d9e0f1a`,
        JSON.stringify({ sha: 'x', author: 'a', subject, committedAt: '2026-01-01T00:00:00Z' }),
        said === null ? null : JSON.stringify(said),
        `2026-0${index + 1}-01T00:00:00Z`,
      ],
    );
    // Its events are filed under the task's beginning.
    await stack.owner.query('delete from public.task_events where task_id = $1', [made.body.taskId]);
    await stack.owner.query('update public.tasks set created_at = $2 where deployment_id = $1', [
      made.body.id,
      `2026-0${index + 1}-01T00:00:00Z`,
    ]);
  }
});
afterAll(async () => {
  await cli.close();
  await stack?.stop();
});

/** Which of the past a query finds, newest first. */
const found = async (query: string, by = owner): Promise<number[]> => {
  const { status, body } = await stack.call('GET', `/deployments?${query}`, { token: by.token });
  expect([status, body.detail]).toEqual([200, undefined]);
  return body.items.map(({ id }: { id: string }) => ids.indexOf(id));
};
const foundTasks = async (query: string): Promise<number[]> => {
  const { body } = await stack.call('GET', `/tasks?${query}`, { token: owner.token });
  return body.items.map(({ deploymentId }: { deploymentId: string }) => ids.indexOf(deploymentId));
};

describe('the history of deployments and tasks', () => {
  it.each([
    ['', [3, 2, 1, 0]],
    ['project=site&environment=live', [3, 2]],
    ['ref=main', [3, 0]],
    ['ref=mai', []],
    ['requester=me', [2, 0]],
    ['requester=member@example.test', [3, 1]],
    ['since=2026-02-01T00:00:00Z', [3, 2, 1]],
    ['since=2026-02-01T00:00:00Z&until=2026-03-01T00:00:00Z', [1]],
    ['q=login', [1, 0]],
    ['q=LOGIN%20pag', [1]],
    ['q=page/form', []],
    ['q=137', [2]],
    ['q=step_failed', [2]],
    ['q=1.2.0', [2]],
    ['q=2e4aa9f', [2]],
    // So much of a subject is looked at, and no more.
    ['q=words', [3]],
    ['q=as%20long', []],
    ['q=---', []],
    [`q=${encodeURIComponent("'); drop table x; --")}`, []],
    ['q=login&requester=me&ref=main', [0]],
  ] as const)('%s', async (query, expected) => {
    expect(await found(query)).toEqual(expected);
    expect(await foundTasks(query)).toEqual(expected);
  });

  it('comes in pages that hold together', async () => {
    const pages: number[] = [];
    let cursor = '';
    do {
      const { body } = await stack.call('GET', `/deployments?limit=1${cursor}`, { token: owner.token });
      pages.push(...body.items.map(({ id }: { id: string }) => ids.indexOf(id)));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(pages).toEqual([3, 2, 1, 0]);
  });

  it('is told to nobody outside the account; who is not in it is nobody', async () => {
    expect(await found('q=login', outsider)).toEqual([]);
    for (const path of ['/deployments', '/tasks']) {
      const unknown = await stack.call('GET', `${path}?requester=outsider@example.test`, { token: owner.token });
      expect([unknown.status, unknown.body.suggestion]).toEqual([404, expect.stringContaining('sfp member list')]);
    }
    expect((await stack.call('GET', '/deployments?since=yesterday', { token: owner.token })).body.errors[0].path).toBe(
      'since',
    );
  });

  it('sfp deployment list, get, cancel, retry; sfp task list', async () => {
    const login = ['login', stack.url, '--name', 'boss', '--email', owner.email, '--password-stdin'];
    expect((await cli.run(login, { input: owner.password })).exitCode).toBe(0);
    const listed = await cli.run([
      'deployment',
      'list',
      '--project',
      'site',
      '--search',
      'login',
      '--since',
      '2026-01-15',
    ]);
    expect(listed.stdout).toMatch(
      /2026-02-01 00:00:00 +site\/dev +queued +feature\/login-page +1e4aa9f0 .*member@example\.test/,
    );
    expect(listed.stdout).not.toContain('Fix the login form');
    const shown = (await cli.run(['deployment', 'get', ids[2] ?? ''])).stdout;
    expect(shown).toMatch(/requested by +owner@example\.test/);
    expect(shown).toMatch(/failure +The step deploy ended with 137 \(step_failed\)/);
    expect((await cli.run(['deployment', 'cancel', ids[0] ?? ''])).stdout).toBe('cancelled');
    const again = await cli.run(['deployment', 'retry', ids[0] ?? '', '--detach', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ id: ids[0], status: 'queued' });
    const tasks = await cli.run(['task', 'list', '--requester', 'me', '--status', 'cancelled', '--json']);
    expect(JSON.parse(tasks.stdout).map(({ deploymentId }: { deploymentId: string }) => deploymentId)).toEqual([
      ids[0],
    ]);
  }, 180_000);
});
