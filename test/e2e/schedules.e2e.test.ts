import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';
import { stackRows } from './support/stack-database.ts';

const projectFile = `version: 1
deploy:
  - name: deploy
    run: echo deployed by a schedule
`;

interface Run {
  outcome: string;
  taskId: string | null;
  taskStatus: string | null;
  scheduledFor: string;
}

describe('a schedule on a running stack', () => {
  const home = new Home();
  let stack: E2eStack;

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'planned', projectFile);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  const sfp = async (...args: string[]) => ok(await home.sfp(...args, '--context', stack.tenant, '--json')).json();
  const runsOf = async (name: string) => (await sfp('schedule', 'runs', name, '--project', 'app')) as Run[];
  const rows = (sql: string) => stackRows(home.path('base'), stack.tenant, sql);
  const firstRun = (name: string) =>
    waitFor(async () => (await runsOf(name))[0], { timeoutMs: 90_000, what: 'the schedule to fire', everyMs: 200 });

  it('fires by itself; what it makes is watched live like any other, and is in the history', async () => {
    const args = ['launch', '--project', 'app', '--environment', 'dev', '--at', '2s'];
    expect(await sfp('schedule', 'create', ...args)).toMatchObject({ name: 'launch', missed: 'once' });
    const run = await firstRun('launch');
    expect(run).toMatchObject({ outcome: 'made', taskId: expect.any(String) });
    const watcher = home.start('task', 'watch', String(run.taskId), '--json=stream', '--context', stack.tenant);
    expect(await watcher.exit, watcher.stderr).toBe(0);
    expect(JSON.stringify(watcher.events)).toContain('deployed by a schedule');
    expect(watcher.events.map(({ seq }) => seq)).toEqual(watcher.events.map((_, index) => index + 1));
    expect(await sfp('schedule', 'get', 'launch', '--project', 'app')).toMatchObject({
      status: 'ended',
      lastOutcome: 'made',
    });
    const mine = (await sfp('deployment', 'list', '--project', 'app', '--requester', 'me')) as {
      id: string;
      taskId: string;
    }[];
    expect(mine.map(({ taskId }) => taskId)).toEqual([run.taskId]);
    const text = ok(await home.sfp('deployment', 'get', String(mine[0]?.id), '--context', stack.tenant)).stdout;
    expect(text).toMatch(/deploy +succeeded in /);
    expect(text).toMatch(/to +app\/dev/);
    const audit = (await sfp('audit', 'list', '--subject', 'deployment')) as { source: unknown }[];
    expect(audit[0]?.source).toMatchObject({ userAgent: 'schedule launch' });
  });

  it('a line of every minute goes on through the death of the API server, and doubles nothing', async () => {
    const args = ['heartbeat', '--project', 'app', '--kind', 'noop', '--cron', '* * * * *', '--missed', 'each'];
    await sfp('schedule', 'create', ...args);
    let deaths = 0;
    await waitFor(
      async () => {
        const [now] = await rows(
          `select count(r.id)::int as runs, coalesce(min(s.next_at) - now() < interval '3 seconds', false) as soon
           from public.schedules s left join public.schedule_runs r on r.schedule_id = s.id where s.name = 'heartbeat'`,
        );
        // About its moment, twice.
        if (now?.soon === true && deaths <= Number(now.runs)) {
          deaths += 1;
          process.kill(await stack.pidOf('api'), 'SIGKILL');
          await stack.healthy();
        }
        return Number(now?.runs) >= 2;
      },
      { timeoutMs: 240_000, what: 'two fired minutes', everyMs: 200 },
    );
    expect(deaths).toBeGreaterThan(0);
    await sfp('schedule', 'disable', 'heartbeat', '--project', 'app');
    const runs = await runsOf('heartbeat');
    const minutes = runs.map(({ scheduledFor }) => Date.parse(scheduledFor) / 60_000).sort((a, b) => a - b);
    // Every minute from the first on, each once.
    expect(minutes).toEqual(minutes.map((_, index) => (minutes[0] ?? 0) + index));
    expect(new Set(runs.map(({ taskId }) => taskId)).size).toBe(runs.length);
    const [made] = await rows(
      `select count(*)::int as count from public.tasks t join public.projects p on p.id = t.project_id where type = 'noop'`,
    );
    expect(made).toEqual({ count: runs.length });
    await waitFor(async () => (await runsOf('heartbeat')).every(({ taskStatus }) => taskStatus === 'succeeded'), {
      timeoutMs: 60_000,
      what: 'its tasks to end',
      everyMs: 500,
    });
  }, 420_000);
});
