import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import type { RunningCli } from './support/cli.ts';
import { isStage } from './support/feed.ts';
import { GatedProject } from './support/gated-project.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

interface Round {
  project: GatedProject;
  watcher: RunningCli;
  taskId: string;
}

describe('a deployment outlives the death of', () => {
  const home = new Home();
  let stack: E2eStack;

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'survivor', GatedProject.file);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  /** A watched deployment that waits in the middle of its deploy stage. */
  async function begin(name: string): Promise<Round> {
    const project = new GatedProject(home.path(name));
    mkdirSync(home.path(name));
    await stack.addEnvironment(name, project.variables);
    const watcher = stack.deploy(name);
    const first = await watcher.line('the first event', (line) => typeof line.taskId === 'string');
    await watcher.line('the deploy stage', isStage('deploy', 'running'));
    await waitFor(() => project.begun('deploy') === 1, { timeoutMs: 10_000, what: 'the step at the gate' });
    return { project, watcher, taskId: String(first.taskId) };
  }

  /** It succeeded, no finished stage ran twice, and the watcher saw every event exactly once, in order. */
  async function expectFinished({ project, watcher, taskId }: Round): Promise<void> {
    expect(await watcher.exit, watcher.stderr).toBe(0);
    const begun = {
      build: project.begun('build'),
      validate: project.begun('validate'),
      verify: project.begun('verify'),
    };
    expect(begun).toEqual({ build: 1, validate: 1, verify: 1 });
    const task = ok(await home.sfp('task', 'get', taskId, '--json', '--context', stack.tenant)).json();
    const { lastSeq } = task as { lastSeq: number };
    expect(watcher.events.map((event) => event.seq)).toEqual(Array.from({ length: lastSeq }, (_, index) => index + 1));
  }

  it('its worker: the next attempt goes on behind the last finished stage', async () => {
    const round = await begin('worker-killed');
    process.kill(await stack.pidOf('worker-standard'), 'SIGKILL');
    await waitFor(() => round.project.begun('deploy') === 2, { timeoutMs: 90_000, what: 'the second attempt' });
    round.project.open();
    await expectFinished(round);
    expect(round.project.begun('deploy')).toBe(2);
  });

  it('the task engine: the attempt under way goes on', async () => {
    const round = await begin('engine-killed');
    process.kill(await stack.pidOf('hatchet'), 'SIGKILL');
    await stack.healthy();
    round.project.open();
    await expectFinished(round);
    expect(round.project.begun('deploy')).toBe(1);
  });

  it('Postgres: what is said meanwhile is said again', async () => {
    const round = await begin('postgres-killed');
    process.kill(await stack.pidOf('postgres'), 'SIGKILL');
    await stack.healthy();
    round.project.open();
    await expectFinished(round);
    expect(round.project.begun('deploy')).toBe(1);
  });

  it('the supervisor: it finishes after `server start`', async () => {
    const round = await begin('supervisor-killed');
    process.kill(await stack.supervisorPid(), 'SIGKILL');
    await waitFor(async () => (await stack.status()).status === 'error', { timeoutMs: 10_000, what: 'status error' });
    ok(await home.sfp('server', 'start', '--tenant', stack.tenant, '--json'));
    await waitFor(() => round.project.begun('deploy') === 2, { timeoutMs: 90_000, what: 'the second attempt' });
    round.project.open();
    await expectFinished(round);
  });
});
