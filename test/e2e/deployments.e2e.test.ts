import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentMetadata } from '../../contracts/deployment.ts';
import { waitFor } from '../support/wait.ts';
import { isStage, outputOf, resultOf } from './support/feed.ts';
import { GatedProject } from './support/gated-project.ts';
import { Home } from './support/home.ts';
import { E2eStack } from './support/stack.ts';

interface Ended {
  deployment: { status: string; commitSha: string; metadata: DeploymentMetadata };
}

const deploySteps = (run: string): string => `version: 1\ndeploy:\n  - name: go\n    run: ${run}\n`;

describe('deployments', () => {
  const home = new Home();
  let stack: E2eStack;

  beforeAll(async () => {
    stack = await E2eStack.create(home, 'steady', deploySteps('"true"'));
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it('record the commit, the artifacts with their digests, and the changelog since the last success', async () => {
    const first = stack.deploy();
    expect(await first.exit, first.stderr).toBe(0);
    stack.repository.commit('second', {});
    const third = stack.repository.commit('third', {
      'sfp.yaml': `${deploySteps('printf hello > out.txt')}build:\n  - name: build\n    run: printf hello > made.txt\nartifacts: [made.txt]\n`,
    });
    const next = stack.deploy();
    expect(await next.exit, next.stderr).toBe(0);
    const { deployment } = resultOf<Ended>(next);
    expect(deployment.commitSha).toBe(third);
    expect(deployment.metadata.changelog?.map(({ subject }) => subject)).toEqual(['third', 'second']);
    expect(deployment.metadata.artifacts).toEqual([
      { path: 'made.txt', sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', sizeBytes: 5 },
    ]);
  });

  it('to one environment take turns, in the order in which they were asked for', async () => {
    const project = new GatedProject(home.path('turns'));
    mkdirSync(home.path('turns'));
    stack.repository.commit('gated', { 'sfp.yaml': GatedProject.file });
    await stack.addEnvironment('turns', project.variables);
    const first = stack.deploy('turns');
    await first.line('the first at the gate', isStage('deploy', 'running'));
    const second = stack.deploy('turns');
    const waiting = await second.line('a note about the queue', (line) => line.kind === 'note');
    expect(waiting.data).toEqual({ text: 'Waiting for the environment turns: 1 ahead.' });
    expect(project.begun('build')).toBe(1);
    project.open();
    expect([await first.exit, await second.exit]).toEqual([0, 0]);
    expect(project.begun('build')).toBe(2);
  });

  it('give a step nothing of the platform’s own secrets', async () => {
    stack.repository.commit('env', { 'sfp.yaml': deploySteps('env; cat /proc/$PPID/cmdline | tr "\\\\0" " "') });
    const watcher = stack.deploy();
    expect(await watcher.exit, watcher.stderr).toBe(0);
    const output = outputOf(watcher.events).join('\n');
    expect(output).toContain('SFP_COMMIT=');
    for (const name of ['SUPABASE', 'HATCHET', 'SECRET', 'TOKEN', 'PASSWORD']) expect(output).not.toContain(name);
  });

  it('go on when the worker is stopped in the middle: handed back, and taken up behind the last finished stage', async () => {
    const project = new GatedProject(home.path('drained'));
    mkdirSync(home.path('drained'));
    stack.repository.commit('gated again', { 'sfp.yaml': GatedProject.file });
    await stack.addEnvironment('drained', project.variables);
    const watcher = stack.deploy('drained');
    await watcher.line('the deploy stage', isStage('deploy', 'running'));
    await home.sfp('server', 'stop', '--tenant', stack.tenant, '--json');
    await home.sfp('server', 'start', '--tenant', stack.tenant, '--json');
    await waitFor(() => project.begun('deploy') === 2, { timeoutMs: 60_000, what: 'the second attempt' });
    project.open();
    expect(await watcher.exit, watcher.stderr).toBe(0);
    expect(project.begun('build')).toBe(1);
  });

  it('of the project itself: sfp builds, checks and packs its own repository', { timeout: 600_000 }, async () => {
    const source = new URL('../..', import.meta.url).pathname;
    const artifacts = home.path('artifacts');
    await stack.addProject('sfp', source, { ARTIFACT_DIR: artifacts });
    const watcher = home.start(
      'deploy',
      '--project',
      'sfp',
      '--environment',
      'dev',
      '--json=stream',
      '--context',
      stack.tenant,
    );
    expect(await watcher.exit, outputOf(watcher.events).slice(-20).join('\n')).toBe(0);
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(existsSync(`${artifacts}/sfp-${version}.tgz`)).toBe(true);
  });
});
