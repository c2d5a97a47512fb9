import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import type { RunningCli } from './support/cli.ts';
import { outputOf, resultOf } from './support/feed.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';
import { stackRows } from './support/stack-database.ts';

interface Result {
  outcome: string;
  deployment: { id: string; status: string; failure: { code: string; detail?: string } | null };
}

/** The texts of a feed's notes. */
const notesOf = ({ events }: RunningCli): string[] =>
  events.filter(({ kind }) => kind === 'note').map(({ data }) => (data as { text: string }).text);

describe('a deployment that needs approval, by two people’s commands', () => {
  const home = new Home();
  const email = 'bea@example.test';
  let stack: E2eStack;
  const asOwner = (...args: string[]) => home.sfp(...args, '--context', stack.tenant);
  const asBea = (...args: string[]) => home.sfp(...args, '--context', 'bea');
  const json = async <Value>(run: ReturnType<typeof asOwner>): Promise<Value> => ok(await run).json() as Value;

  /** Deploys as the owner, watched from the start; goes on when it is seen to wait. */
  async function waiting(...more: string[]): Promise<{ watcher: RunningCli; id: string }> {
    const watcher = stack.deploy('live', ...more);
    await watcher.line(
      'the waiting task',
      ({ data }) => (data as { status?: string } | undefined)?.status === 'waiting',
    );
    const all = await json<{ id: string }[]>(asOwner('deployment', 'list', '--status', 'awaiting_approval', '--json'));
    expect(all).toHaveLength(1);
    return { watcher, id: all[0]?.id ?? '' };
  }

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'approve', 'version: 1\ndeploy:\n  - name: go\n    run: echo deployed\n');
    await stack.addEnvironment('live');
    const made = await json<{ link: string }>(asOwner('invitation', 'create', email, '--role', 'admin', '--json'));
    const password = home.path('password');
    writeFileSync(password, 'the password of bea', { mode: 0o600 });
    const link = home.path('link');
    writeFileSync(link, made.link, { mode: 0o600 });
    ok(
      await home.sfp(
        ...['invitation', 'accept', '--code-file', link, '--password-file', password, '--name', 'bea', '--json'],
      ),
    );
    ok(
      await asOwner(
        ...['environment', 'protect', 'live', '--project', 'app', '--approvals', '1', '--branch', 'main', '--json'],
      ),
    );
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('goes on live when the other one approves', async () => {
    const { watcher, id } = await waiting();
    const own = await asOwner('deployment', 'approve', id);
    expect([own.code, own.stderr]).toEqual([4, expect.stringContaining('own_deployment')]);
    ok(await asBea('deployment', 'approve', id, '--comment', 'seen on staging'));
    expect(await watcher.exit, watcher.stderr).toBe(0);
    expect(notesOf(watcher)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Waiting for 1 approval, until .* UTC\.$/),
        `Approved by ${email} (1 of 1): seen on staging`,
      ]),
    );
    expect(outputOf(watcher.events)).toEqual(['deployed']);
    expect(resultOf<Result>(watcher)).toMatchObject({ outcome: 'succeeded', deployment: { status: 'succeeded' } });
  });

  it('ends when the other one rejects, with who and why, and nothing of it ran', async () => {
    const { watcher, id } = await waiting();
    ok(await asBea('deployment', 'reject', id, '--comment', 'not before Monday'));
    expect(await watcher.exit).toBe(1);
    expect(resultOf<Result>(watcher)).toMatchObject({
      outcome: 'rejected',
      deployment: { status: 'rejected', failure: { code: 'deployment_rejected', detail: 'not before Monday' } },
    });
    expect(outputOf(watcher.events)).toEqual([]);
    const { approvals } = await json<{ approvals: unknown[] }>(asOwner('deployment', 'approvals', id, '--json'));
    expect(approvals).toMatchObject([{ email, decision: 'rejected', comment: 'not before Monday' }]);
  });

  it('ends when nobody decides in time', async () => {
    const { watcher, id } = await waiting();
    const sql = 'update public.deployments set approval_expires_at = now() where id = $1';
    await stackRows(home.path('base'), stack.tenant, sql, [id]);
    expect(await watcher.exit).toBe(1);
    expect(resultOf<Result>(watcher)).toMatchObject({ outcome: 'expired', deployment: { status: 'expired' } });
    const late = await asBea('deployment', 'approve', id);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('nothing_to_approve')]);
  });

  it('cancelled while it waits, waits again when it is tried again', async () => {
    const { watcher, id } = await waiting();
    const { taskId } = await json<{ taskId: string }>(asOwner('deployment', 'get', id, '--json'));
    ok(await asOwner('task', 'cancel', taskId));
    expect(await watcher.exit).toBe(3);
    const again = home.start('task', 'retry', taskId, '--json=stream', '--context', stack.tenant);
    await again.line('the waiting task', ({ data }) => (data as { status?: string } | undefined)?.status === 'waiting');
    ok(await asBea('deployment', 'approve', id));
    expect(await again.exit, again.stderr).toBe(0);
  });

  it('says all of it in lines for people', async () => {
    const lines = home.sfp('deploy', '-p', 'app', '-e', 'live', '--plain', '--context', stack.tenant);
    const waits = async () =>
      (await json<{ id: string }[]>(asOwner('deployment', 'list', '--status', 'awaiting_approval', '--json')))[0]?.id;
    const id = await waitFor(waits, { timeoutMs: 60_000, what: 'the deployment to wait' });
    ok(await asBea('deployment', 'reject', id));
    const run = await lines;
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`sfp deployment approve ${id}`);
    expect(run.stdout).toContain('◌ task waiting');
    expect(run.stdout).toMatch(/app → live \(main\) rejected/);
    expect(run.stdout).toContain(`Rejected by ${email}. (deployment_rejected)`);
  });

  it('takes no tag that is named like a branch', async () => {
    stack.repository.git('tag', 'release-1');
    ok(
      await asOwner(
        ...[
          'environment',
          'protect',
          'live',
          '-p',
          'app',
          '--approvals',
          '0',
          '--branch',
          'main',
          '--branch',
          'release-*',
        ],
      ),
    );
    const watcher = stack.deploy('live', '--ref', 'release-1');
    expect(await watcher.exit).toBe(1);
    expect(resultOf<Result>(watcher).deployment.failure).toMatchObject({ code: 'ref_not_a_branch' });
    expect(outputOf(watcher.events)).toEqual([]);
    const other = await asOwner('deploy', '-p', 'app', '-e', 'live', '--ref', 'feature', '--detach');
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('branch_not_allowed')]);

    // What is built goes by what its ref was.
    const promote = () => asOwner('promote', '-p', 'app', '--from', 'dev', '--to', 'live', '--json=stream');
    const deployToDev = async (ref: string): Promise<void> => {
      const deployed = stack.deploy('dev', '--ref', ref);
      expect(await deployed.exit, deployed.stderr).toBe(0);
    };
    await deployToDev('main');
    ok(await promote());
    await deployToDev('release-1');
    const refused = await promote();
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('ref_not_a_branch')]);
  });
});
