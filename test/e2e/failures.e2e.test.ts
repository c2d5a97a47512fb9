import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markedProcesses } from '../../workers/executors/process-tree.ts';
import { waitFor } from '../support/wait.ts';
import { outputOf, resultOf } from './support/feed.ts';
import { Home } from './support/home.ts';
import { E2eStack, ok } from './support/stack.ts';

const step = (run: string): string =>
  `version: 1\ndeploy:\n  - name: go\n    run: |\n      ${run.split('\n').join('\n      ')}\n`;

interface Failure {
  code: string;
  message: string;
  detail?: string;
  suggestion?: string;
}

describe('a deployment that cannot succeed', () => {
  const home = new Home();
  let stack: E2eStack;

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'trouble', step('true'));
  });
  afterAll(() => home[Symbol.asyncDispose]());

  /** Commits the project file, deploys it, and gives what the person is told. */
  async function failureOf(projectFile: string, ...options: string[]): Promise<Failure> {
    stack.repository.commit('change', { 'sfp.yaml': projectFile });
    const watcher = stack.deploy('dev', ...options);
    expect(await watcher.exit, watcher.stderr).toBe(1);
    return resultOf<{ task: { failure: Failure } }>(watcher).task.failure;
  }

  it('for a wrong project file: names the line', async () => {
    const failure = await failureOf('version: 1\ndeploy:\n  - name: go\n    run: "true"\n    timeout: soon\n');
    expect(failure.code).toBe('project_file_invalid');
    expect(failure.message).toContain('line 5');
    expect(failure.suggestion).toContain('docs/project-file.md');
  });

  it('for an unknown ref: names the branches there are', async () => {
    const failure = await failureOf(step('true'), '--ref', 'no-such-branch');
    expect(failure).toMatchObject({ code: 'ref_not_found', detail: expect.stringContaining('main') });
  });

  it('for a failing step: shows the last lines, with secrets masked', async () => {
    const failure = await failureOf(
      step('echo about to fail; echo sb_secret_abcdefghijklmnopqrstuv_12345678 >&2; exit 7'),
    );
    expect(failure).toMatchObject({ code: 'step_failed', message: expect.stringContaining('exited with 7') });
    expect(failure.detail).toContain('about to fail');
    expect(failure.detail).toContain('***');
    expect(JSON.stringify(failure)).not.toContain('sb_secret_');
  });

  it('for a step that takes too long: ends it and says the limit', async () => {
    const failure = await failureOf('version: 1\ndeploy:\n  - name: go\n    run: sleep 300\n    timeout: 300ms\n');
    expect(failure).toMatchObject({ code: 'step_timed_out', message: expect.stringContaining('300ms') });
  });

  it('for a full disk: says so, and a retry goes on when there is room', async () => {
    const failure = await failureOf(step('cat sfp.yaml > /dev/full'));
    expect(failure).toMatchObject({ code: 'workspace_full', suggestion: expect.stringContaining('task retry') });
  });

  it('rolls back with the steps that the project declares', async () => {
    stack.repository.commit('rollback', {
      'sfp.yaml': `${step('exit 1')}rollback:\n  - name: back\n    run: echo taken back\n`,
    });
    const watcher = stack.deploy();
    expect(await watcher.exit).toBe(1);
    expect(outputOf(watcher.events)).toContain('taken back');
    expect(resultOf(watcher)).toMatchObject({ deployment: { status: 'rolled_back' } });
  });

  it('is tried again from the stage that failed', async () => {
    const marker = home.path('flaky');
    mkdirSync(marker, { recursive: true });
    stack.repository.commit('flaky', {
      'sfp.yaml': `version: 1\nbuild:\n  - name: build\n    run: echo x >> ${marker}/built\ndeploy:\n  - name: go\n    run: test -e ${marker}/mended\n`,
    });
    const watcher = stack.deploy();
    expect(await watcher.exit).toBe(1);
    execFileSync('touch', [`${marker}/mended`]);
    const { task } = resultOf<{ task: { id: string } }>(watcher);
    const retried = await home.sfp('task', 'retry', task.id, '--json=stream', '--context', stack.tenant);
    expect(retried.code, retried.stderr).toBe(0);
    expect(execFileSync('cat', [`${marker}/built`], { encoding: 'utf8' })).toBe('x\n');
  });

  it('goes on behind the finished stages when it was cancelled and is tried again', async () => {
    const gate = home.path('cancelled-gate');
    stack.repository.commit('cancelled', {
      'sfp.yaml': `version: 1\nbuild:\n  - name: build\n    run: echo made > made\ndeploy:\n  - name: wait\n    run: while [ ! -e ${gate} ]; do echo waiting; sleep 0.1; done; cat made\n`,
    });
    const watcher = stack.deploy();
    await waitFor(() => outputOf(watcher.events).includes('waiting'), { timeoutMs: 60_000, what: 'the deploy step' });
    const taskId = String(watcher.events[0]?.taskId);
    ok(await home.sfp('task', 'cancel', taskId, '--json', '--context', stack.tenant));
    expect(await watcher.exit, watcher.stderr).toBe(3);
    writeFileSync(gate, '');
    const retried = home.start('task', 'retry', taskId, '--json=stream', '--context', stack.tenant);
    expect(await retried.exit, retried.stderr).toBe(0);
    expect(outputOf(retried.events)).toContain('made');
  });

  it('says so when the files of its finished stages are gone, and does not end as a success', async () => {
    stack.repository.commit('lost', {
      'sfp.yaml': 'version: 1\nbuild:\n  - name: build\n    run: "true"\ndeploy:\n  - name: go\n    run: exit 1\n',
    });
    const watcher = stack.deploy();
    expect(await watcher.exit).toBe(1);
    const { task, deployment } = resultOf<{ task: { id: string }; deployment: { id: string } }>(watcher);
    rmSync(home.path('base', 'tenants', stack.tenant, 'workspaces', 'standard', deployment.id), {
      recursive: true,
    });
    const retried = home.start('task', 'retry', task.id, '--json=stream', '--context', stack.tenant);
    expect(await retried.exit).toBe(1);
    expect(resultOf(retried)).toMatchObject({
      task: { status: 'failed', failure: { code: 'workspace_lost' } },
      deployment: { status: 'failed' },
    });
  });

  it('is cancelled although its step ignores SIGTERM and has grandchildren; nothing is left', async () => {
    stack.repository.commit('stubborn', {
      'sfp.yaml': step(
        "trap '' TERM\n(trap '' TERM; sleep 300) &\nsetsid sh -c \"trap '' TERM; sleep 300\" &\necho stubborn\nsleep 300",
      ),
    });
    const watcher = stack.deploy();
    await waitFor(() => outputOf(watcher.events).includes('stubborn'), { timeoutMs: 60_000, what: 'the step' });
    expect((await markedProcesses('')).length).toBeGreaterThan(2);
    const taskId = String(watcher.events[0]?.taskId);
    const askedAt = performance.now();
    ok(await home.sfp('task', 'cancel', taskId, '--json', '--context', stack.tenant));
    await waitFor(async () => (await markedProcesses('')).length === 0, { timeoutMs: 60_000, what: 'no process left' });
    process.stdout.write(`from the cancel command to no process left: ${Math.round(performance.now() - askedAt)} ms\n`);
    expect(await watcher.exit, watcher.stderr).toBe(3);
  });
});
