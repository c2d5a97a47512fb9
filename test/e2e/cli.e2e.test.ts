import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/cli.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

const projectFile = `version: 1
build:
  - name: compile
    run: echo compiling; [ "\${BREAK:-no}" != yes ]
deploy:
  - name: copy
    run: echo copying
result: http://127.0.0.1/app
`;
const id = (run: { json(): unknown }): string => (run.json() as { id: string }).id;

describe('without a server', () => {
  const home = new Home();
  afterAll(() => home[Symbol.asyncDispose]());

  it('helps on stdout and says nothing else', async () => {
    const help = ok(await home.sfp('--help'));
    expect(help.stdout).toMatch(/^Usage: sfp /);
    expect(help.stderr).toBe('');
    expect(ok(await home.sfp()).stdout).toBe(help.stdout);
  });
  it('ends with 2 on a line it does not understand, and guesses what was meant', async () => {
    for (const line of [['depoly'], ['task', 'lst'], ['deploy', '--projcet', 'x'], ['task', 'get'], ['--json=xml']]) {
      const run = await home.sfp(...line);
      expect(run.code, line.join(' ')).toBe(2);
      expect(run.stdout).toBe('');
      expect(run.stderr).toContain('→');
    }
    expect((await home.sfp('depoly')).stderr).toContain('Did you mean deploy?');
  });
  it('ends with 4 when nobody is logged in, with the error as JSON where that is asked for', async () => {
    const run = await home.sfp('whoami', '--json');
    expect(run.code).toBe(4);
    expect(run.stdout).toBe('');
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'not_logged_in', suggestion: expect.any(String) } });
  });
  it('says that a server does not answer', async () => {
    const run = await home.sfp('login', 'http://127.0.0.1:9');
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('(server_unreachable)');
  });
});

describe('with a server', () => {
  const home = new Home();
  let stack: E2eStack;
  const sfp = (...args: string[]) => home.sfp(...args, '--context', stack.tenant);

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'acme', projectFile);
    await stack.addEnvironment('broken', { BREAK: 'yes' });
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('shows who and what there is, as text and as one JSON document', async () => {
    expect(ok(await sfp('whoami')).stdout).toMatch(/accounts +acme \(owner\)/);
    expect(ok(await sfp('project', 'list', '--json')).json()).toMatchObject([{ slug: 'app' }]);
    expect(ok(await sfp('project', 'get', 'app')).stdout).toMatch(/^slug +app$/m);
    expect(ok(await sfp('environment', 'list', '-p', 'app', '--json')).json()).toHaveLength(2);
    expect(ok(await sfp('environment', 'get', 'broken', '-p', 'app')).stdout).toMatch(/\$BREAK +yes/);
    expect(ok(await sfp('context', 'list', '--json')).json()).toMatchObject([{ name: 'acme', login: 'session' }]);
  });

  it('says what is missing instead of waiting for an answer that nobody can give', async () => {
    const { url } = await stack.status();
    const run = await home.sfp('login', url, '--name', 'other', '--no-input');
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('Pass it with --email.');
  });

  it('deploys, prints the feed as lines, and ends with what came of it', async () => {
    const run = ok(await sfp('deploy', '-p', 'app', '-e', 'dev'));
    expect(run.stdout).toMatch(/build +│ compiling[\s\S]*✓ deploy succeeded[\s\S]*→ http:\/\/127\.0\.0\.1\/app/);
    const failed = await sfp('deploy', '-p', 'app', '-e', 'broken', '--json');
    expect(failed.code).toBe(1);
    expect(failed.json()).toMatchObject({ outcome: 'failed', deployment: { status: expect.any(String) } });
  });

  it('gives each event as a line of JSON, one after the other', async () => {
    const watch = stack.deploy('dev');
    expect(await watch.exit, watch.stderr).toBe(0);
    const seqs = watch.events.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(watch.lines.at(-1)).toMatchObject({ type: 'result', data: { outcome: 'succeeded' } });
    const taskId = String(watch.events[0]?.taskId);
    expect(ok(await sfp('task', 'logs', taskId)).stdout).toBe('compiling\ncopying\n');
    const late = home.start('task', 'watch', taskId, '--json=stream', '--context', stack.tenant);
    expect(await late.exit).toBe(0);
    expect(late.events).toEqual(watch.events);
  });

  it('changes a project and an environment, unless somebody else was first', async () => {
    const project = ok(await sfp('project', 'get', 'app', '--json')).json() as { version: number; name: string };
    ok(await sfp('project', 'update', 'app', '--name', 'The app'));
    expect(ok(await sfp('project', 'get', 'app', '--json')).json()).toEqual({
      ...project,
      name: 'The app',
      version: project.version + 1,
      updatedAt: expect.any(String),
    });
    const late = await sfp('project', 'update', 'app', '--ref', 'late', '--if-version', String(project.version));
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('(version_conflict)');
    expect(late.stderr).toContain(`version ${project.version}; it is now at version ${project.version + 1}`);
    ok(await sfp('environment', 'update', 'broken', '-p', 'app', '--variable', 'MORE=1', '--category', 'test'));
    expect(ok(await sfp('environment', 'get', 'broken', '-p', 'app', '--json')).json()).toMatchObject({
      category: 'test',
      variables: { BREAK: 'yes', MORE: '1' },
    });
    ok(await sfp('environment', 'update', 'broken', '-p', 'app', '--unset', 'MORE'));
    const after = ok(await sfp('environment', 'get', 'broken', '-p', 'app', '--json')).json();
    expect(after).toMatchObject({ variables: { BREAK: 'yes' }, version: 3 });
    for (const line of [
      ['project', 'update', 'app'],
      ['environment', 'update', 'broken', '-p', 'app', '--unset', 'NONE'],
    ]) {
      expect((await sfp(...line)).code).toBe(2);
    }
  });

  it('says how to list what there is when an id names nothing', async () => {
    for (const task of ['not-an-id', '018f3c1e-0000-4000-8000-000000000001']) {
      const run = await sfp('task', 'get', task);
      expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('→ List the tasks: sfp task list')]);
    }
  });

  it('tries a failed deployment again', async () => {
    const failed = (await sfp('deploy', '-p', 'app', '-e', 'broken', '--json')).json();
    const { task } = failed as { task: { id: string } };
    const again = await sfp('task', 'retry', task.id, '--json');
    expect(again.code).toBe(1);
    expect(again.json()).toMatchObject({ outcome: 'failed', task: { deploymentId: expect.any(String) } });
    expect((again.json() as { task: { id: string } }).task.id).not.toBe(task.id);
  });

  it('works with an application token from the environment alone, until that is revoked', async () => {
    const created = ok(await sfp('token', 'create', 'ci', '--expires', '1d', '--json'));
    const { token } = created.json() as { token: string };
    const { url } = await stack.status();
    // Another machine, which knows the token and nothing else.
    const env = { SFP_URL: url, SFP_TOKEN: token, SFP_CONFIG_DIR: home.path('robot'), HOME: home.path('robot') };
    expect(ok(await runCli(['whoami', '--json'], env)).json()).toMatchObject({ applicationTokenId: id(created) });
    ok(await runCli(['deploy', '-p', 'app', '-e', 'dev'], env));
    ok(await sfp('token', 'revoke', id(created)));
    expect((await runCli(['project', 'list'], env)).code).toBe(4);
    expect((await runCli(['deploy', '-p', 'app', '-e', 'dev'], env)).code).toBe(4);
    expect((await runCli(['project', 'list'], { ...env, SFP_URL: 'localhost' })).code).toBe(2);
  });
});
