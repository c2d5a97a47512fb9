import { describe, expect, it } from 'vitest';
import { type Deployment, type StageStatus, stages } from '../../contracts/deployment.ts';
import type { Task } from '../../contracts/task.ts';
import { styleOf } from '../output/style.ts';
import type { WatchModel } from '../tui/model.ts';
import { initialModel } from '../tui/model.ts';
import type { WatchResult } from './outcome.ts';
import { summaryView } from './summary.ts';

const id = '018f3c1e-0000-4000-8000-000000000001';
const at = '2026-01-01T00:00:00Z';
const failure = { code: 'step_failed', message: 'The step go exited with 1.' };

/** The summary of a deployment whose `deploy` failed, with this end of its rollback. */
function summaryOf(rollback: StageStatus, status: Deployment['status']): string {
  const common = { id, accountId: id, projectId: id, environmentId: id, failure, createdAt: at, startedAt: at };
  const deployment: Deployment = {
    ...common,
    taskId: id,
    ref: 'main',
    commitSha: null,
    origin: 'ref',
    buildId: null,
    releaseId: null,
    sourceDeploymentId: null,
    approval: { status: 'not_required', required: 0, approvers: {}, expiresAt: null },
    status,
    stages: {
      checkout: 'succeeded',
      build: 'succeeded',
      validate: 'skipped',
      deploy: 'failed',
      verify: 'pending',
      rollback,
    },
    metadata: {},
    requestedBy: id,
    lockTicket: null,
    finishedAt: at,
  };
  const task: Task = {
    ...common,
    deploymentId: id,
    buildId: null,
    type: 'deployment',
    pool: 'standard',
    status: 'failed',
    attempt: 1,
    progress: {},
    lastSeq: 9,
    cancelRequestedAt: null,
    finishedAt: at,
  };
  const model: WatchModel = {
    ...initialModel(id, { project: 'site', environment: 'production', ref: 'main' }, deployment),
    status: 'failed',
  };
  const result: WatchResult = { outcome: 'failed', exitCode: 1, task, deployment };
  const view = summaryView(model, result, { logShown: true });
  return typeof view === 'string' ? view : view(styleOf({}, {}));
}

describe('the summary of a deployment', () => {
  it('that failed offers a retry', () => {
    const text = summaryOf('skipped', 'failed');
    expect(text).toMatch(/^✗ site → production \(main\) failed$/m);
    expect(text).toContain(`sfp task retry ${id}`);
  });

  it.each(['rejected', 'expired'] as const)(
    'that was %s offers a new deployment because a retry is refused',
    (status) => {
      const text = summaryOf('cancelled', status);
      expect(text).not.toContain('task retry');
      expect(text).toContain('sfp deploy --project site --environment production --ref main');
    },
  );

  it('that was rolled back says so, and offers a new deployment because a retry is refused', () => {
    const text = summaryOf('succeeded', 'rolled_back');
    expect(text).toMatch(/^✗ site → production \(main\) rolled back$/m);
    expect(text).not.toContain('task retry');
    expect(text).toContain('sfp deploy --project site --environment production --ref main');
  });
});

it('of a build names its number, shows its own stages, and says how to deploy it', () => {
  const task: Task = {
    ...{ id, accountId: id, projectId: id, environmentId: null, deploymentId: null, buildId: id, type: 'build' },
    ...{ pool: 'standard', status: 'succeeded', attempt: 1, progress: {}, lastSeq: 9, failure: null },
    ...{ cancelRequestedAt: null, createdAt: at, startedAt: at, finishedAt: at },
  };
  const states = Object.fromEntries(stages.map((stage) => [stage, { status: 'skipped' }])) as WatchModel['stages'];
  const model: WatchModel = {
    ...initialModel(id, { project: 'site', build: 7, ref: 'main' }, null),
    status: 'succeeded',
    stages: states,
  };
  const view = summaryView(model, { outcome: 'succeeded', exitCode: 0, task, deployment: null }, { logShown: true });
  const text = typeof view === 'string' ? view : view(styleOf({}, {}));
  expect(text).toContain('site build 7 (main)');
  expect(text).toContain('sfp deploy --project site --environment <slug> --build 7');
  expect(text).toContain('validate');
  expect(text).not.toContain('verify');
});
