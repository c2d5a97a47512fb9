import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJournal } from '../../../stack/journal.ts';
import type { HealthReport } from '../../../stack/lifecycle/health.ts';
import { lockStack } from '../../../stack/lock.ts';
import { GatedProject } from '../../e2e/support/gated-project.ts';
import { Repository } from '../../e2e/support/repository.ts';
import { type CliResult, StackCli } from '../../support/stack-cli.ts';
import { waitFor } from '../../support/wait.ts';

const cli = new StackCli();
const tenant = 'acme';
const server = (...args: string[]): Promise<CliResult> => cli.run(['server', ...args, '--tenant', tenant]);
const serverJson = (...args: string[]) => cli.json<Record<string, unknown>>(['server', ...args, '--tenant', tenant]);

/** Says what it says with `--json`, whatever its exit code. */
async function health(...args: string[]): Promise<{ exitCode: number; report: HealthReport }> {
  const { exitCode, stdout } = await server('health', '--json', ...args);
  return { exitCode, report: JSON.parse(stdout) as HealthReport };
}

async function pids(): Promise<Record<string, number | null>> {
  return Object.fromEntries((await cli.status(tenant)).services.map(({ name, pid }) => [name, pid]));
}

const changedPids = (before: Record<string, number | null>, after: Record<string, number | null>): string[] =>
  Object.keys(before).filter((name) => before[name] !== after[name]);

const steps = (command: string): string[] =>
  readJournal(cli.layout(tenant).journalFile)
    .filter((entry) => entry.command === command && entry.result !== 'started')
    .map(({ step, result }) => `${step} ${result}`);

beforeAll(async () => {
  await cli.json(['server', 'init', '--tenant', tenant]);
  const repository = new Repository(join(cli.home, 'repository'), { 'sfp.yaml': GatedProject.file });
  await cli.json(['project', 'create', 'app', '--repository', repository.directory]);
});
afterAll(() => cli.close());

describe('a running stack', () => {
  it('is healthy; a part that does not answer is named, and waited for', async () => {
    expect(await health()).toMatchObject({ exitCode: 0, report: { status: 'healthy', failing: [] } });
    const auth = (await pids()).auth ?? 0;
    process.kill(auth, 'SIGSTOP');
    try {
      const { exitCode, report } = await health();
      expect(exitCode).toBe(5);
      expect(report.failing).toContainEqual(expect.objectContaining({ kind: 'part', name: 'auth', state: 'down' }));
      const waited = await server('health', '--wait', '1s');
      expect(waited).toMatchObject({ exitCode: 5, stdout: expect.stringContaining('part auth is down') });
    } finally {
      process.kill(auth, 'SIGCONT');
    }
    expect(await server('health', '--wait', '30s')).toMatchObject({ exitCode: 0 });
    expect(await server('health', '--wait', 'long')).toMatchObject({ exitCode: 2 });
    expect(await cli.run(['server', 'health', '--tenant', 'nobody'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('stack_not_found'),
    });
  });

  it('takes settings or none of them, and tells what has to be restarted for them', async () => {
    const before = cli.settings(tenant);
    expect(await serverJson('config', 'set', 'signup=closed')).toMatchObject({ changed: false, outdated: [] });
    const refused = await server('config', 'set', 'drainTimeoutMs=5000', 'pools.standard.slots=0');
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('setting_invalid') });
    expect(await server('config', 'set', `ports.rest=${before.ports.auth}`)).toMatchObject({ exitCode: 1 });
    expect(cli.settings(tenant)).toEqual(before);

    expect(await serverJson('config', 'set', 'pools.standard.slots=5', 'drainTimeoutMs=15000')).toMatchObject({
      changed: true,
      set: { 'pools.standard.slots': 5, drainTimeoutMs: 15_000 },
      outdated: ['worker-standard', 'worker-long'],
      restart: 'sfp server restart --tenant acme --service worker-standard --service worker-long',
    });
    expect(await server('config', 'get', 'pools.standard.slots')).toMatchObject({ exitCode: 0, stdout: '5' });
    expect(await server('config', 'get', 'slots')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Did you mean pools.standard.slots'),
    });
    expect(steps('config set')).toContain('settings done');
  });

  it('restarts the named services only, with the settings as they are now', async () => {
    const before = await pids();
    expect(await server('restart', '-s', 'worker-standard', '-s', 'worker-long', '-s', 'rest')).toMatchObject({
      exitCode: 0,
    });
    expect(changedPids(before, await pids()).sort()).toEqual(['rest', 'worker-long', 'worker-standard']);
    expect(await serverJson('config', 'set', 'pools.standard.slots=5')).toMatchObject({ outdated: [] });
    expect((await health()).exitCode).toBe(0);
    expect(await server('restart', '-s', 'postgrest')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/service_unknown[\s\S]*postgres, net, migrations, rest/),
    });
    expect(steps('restart')).toEqual(['restart done']);
  });

  it('is changed by one command at a time', async () => {
    const lock = lockStack(cli.layout(tenant).lockFile, tenant, 'sfp server update');
    try {
      for (const args of [['restart'], ['config', 'set', 'signup=open'], ['scale', '--pool', 'long', '--slots', '3']]) {
        expect(await server(...args)).toMatchObject({
          exitCode: 1,
          stderr: expect.stringContaining('`sfp server update` runs'),
        });
      }
      expect((await health()).exitCode).toBe(0);
    } finally {
      lock.release();
    }
  });
});

describe('scale, with a deployment in the middle of a step,', () => {
  async function begin(environment: string): Promise<{ project: GatedProject; taskId: string }> {
    const directory = join(cli.home, environment);
    mkdirSync(directory);
    const project = new GatedProject(directory);
    const variables = Object.entries(project.variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
    await cli.json(['environment', 'create', environment, '--project', 'app', ...variables]);
    const { taskId } = await cli.json<{ taskId: string }>([
      ...['deploy', '--project', 'app', '--environment', environment, '--detach'],
    ]);
    await waitFor(() => project.begun('deploy') === 1, { timeoutMs: 30_000, what: 'the step at the gate' });
    return { project, taskId };
  }

  const succeeded = (taskId: string) =>
    waitFor(async () => (await cli.json<{ status: string }>(['task', 'get', taskId])).status === 'succeeded', {
      timeoutMs: 30_000,
      what: 'the deployment to succeed',
    });

  it('lets it finish before the worker ends', async () => {
    const { project, taskId } = await begin('finishes');
    const before = await pids();
    const scaling = server('scale', '--pool', 'standard', '--slots', '7');
    await waitFor(
      async () =>
        (await cli.status(tenant)).services.some(
          ({ name, state }) => name === 'worker-standard' && state === 'stopping',
        ),
      { timeoutMs: 10_000, what: 'the worker to drain' },
    );
    project.open();
    expect(await scaling).toMatchObject({ exitCode: 0 });
    await succeeded(taskId);
    expect(project.begun('deploy')).toBe(1);
    expect(changedPids(before, await pids())).toEqual(['worker-standard']);
    expect(cli.settings(tenant).pools).toEqual({ standard: { slots: 7 }, long: { slots: 2 } });
    expect(await serverJson('scale', '--pool', 'standard', '--slots', '7')).toMatchObject({ outcome: 'unchanged' });
  });

  it('hands it back when it does not finish in time, and the next worker goes on', async () => {
    await serverJson('config', 'set', 'drainTimeoutMs=300');
    await serverJson('restart', '-s', 'worker-standard', '-s', 'worker-long');
    const { project, taskId } = await begin('handed-back');
    expect(await serverJson('scale', '--pool', 'standard', '--slots', '2')).toMatchObject({ outcome: 'restarted' });
    await waitFor(() => project.begun('deploy') === 2, { timeoutMs: 30_000, what: 'the second attempt' });
    project.open();
    await succeeded(taskId);
    expect(project.begun('build')).toBe(1);
  });
});

describe('a stopped stack', () => {
  it('is not healthy, is scaled for its next start, and restarted as a whole only', async () => {
    await serverJson('stop');
    expect(await health()).toMatchObject({
      exitCode: 5,
      report: { failing: [{ kind: 'stack', state: 'stopped', next: 'sfp server start --tenant acme' }] },
    });
    expect(await serverJson('scale', '--pool', 'long', '--slots', '3')).toMatchObject({ outcome: 'at_next_start' });
    expect(await server('restart', '-s', 'rest')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('stack_not_running'),
    });
    expect(await serverJson('restart')).toMatchObject({ status: 'running', restarted: 'all' });
    expect((await health()).exitCode).toBe(0);
    expect(await serverJson('scale', '--pool', 'long', '--slots', '3')).toMatchObject({ outcome: 'unchanged' });
    expect(steps('restart').slice(-4)).toEqual(['stop done', 'install done', 'start done', 'stamp done']);
  });
});
