import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../contracts/task-event.ts';
import type { WatchModel } from './model.ts';
import { initialModel, logLimit } from './model.ts';
import { logWindow, scrollModel } from './scroll.ts';
import { stageDuration, statusText } from './stage-row.ts';
import { updateModel } from './update-model.ts';

const taskId = '018f3c1e-0000-4000-8000-000000000001';
const start = Date.parse('2026-11-21T12:00:00.000Z');
type Body = TaskEvent extends infer Event ? (Event extends TaskEvent ? Pick<Event, 'kind' | 'data'> : never) : never;

/** Events a second apart. */
const events = (...bodies: Body[]): TaskEvent[] =>
  bodies.map((body, index) => ({
    ...body,
    taskId,
    seq: index + 1,
    attempt: 1,
    at: new Date(start + index * 1_000).toISOString(),
  })) as TaskEvent[];
const given = (model: WatchModel, ...bodies: Body[]): WatchModel =>
  updateModel(model, { type: 'events', events: events(...bodies) });
const empty = initialModel(taskId, {}, null);
const line = (text: string): Body => ({ kind: 'log', data: { stage: 'build', lines: [{ stream: 'stdout', text }] } });
const lines = (count: number): Body[] => Array.from({ length: count }, (_, index) => line(`${index}`));

describe('updateModel', () => {
  it('follows a stage, its step and its time', () => {
    const running = given(
      empty,
      { kind: 'task', data: { status: 'running', failure: null } },
      { kind: 'stage', data: { stage: 'build', status: 'running' } },
      { kind: 'step', data: { stage: 'build', step: 'compile', status: 'running' } },
    );
    expect(running).toMatchObject({ status: 'running', startedAt: start });
    expect(running.stages?.build).toEqual({ status: 'running', startedAt: start + 1_000, step: 'compile' });
    const done = given(running, { kind: 'stage', data: { stage: 'build', status: 'succeeded', durationMs: 700 } });
    expect(done.stages?.build).toEqual({ status: 'succeeded', durationMs: 700 });
  });
  it('follows how many approvals there are, and what became of them', () => {
    const approval = { required: 2, approved: 1, expiresAt: '2026-11-22T12:00:00.000Z' };
    const waiting = given(
      empty,
      { kind: 'task', data: { status: 'waiting', failure: null } },
      { kind: 'note', data: { text: 'Waiting for 2 approvals.', approval: { ...approval, approved: 0 } } },
      { kind: 'note', data: { text: 'Approved by ada@example.com (1 of 2).', approval } },
      { kind: 'note', data: { text: 'Something else.' } },
    );
    expect(waiting).toMatchObject({ status: 'waiting', approval, startedAt: null });
    expect(statusText(waiting)).toBe('waiting for approval');
    const failure = { code: 'deployment_rejected', message: 'Rejected by bob@example.com.' };
    const rejected = given(waiting, { kind: 'task', data: { status: 'cancelled', failure } });
    expect(statusText(rejected)).toBe('rejected');
    const late = { code: 'approval_expired', message: 'Nobody decided in time.' };
    expect(statusText(given(waiting, { kind: 'task', data: { status: 'cancelled', failure: late } }))).toBe('expired');
    expect(statusText(given(waiting, { kind: 'task', data: { status: 'cancelled', failure: null } }))).toBe(
      'cancelled',
    );
  });
  it('keeps the name of the step that failed', () => {
    const failed = given(
      empty,
      { kind: 'stage', data: { stage: 'deploy', status: 'running' } },
      { kind: 'step', data: { stage: 'deploy', step: 'copy', status: 'failed', exitCode: 1 } },
      { kind: 'stage', data: { stage: 'deploy', status: 'failed' } },
    );
    expect(failed.stages?.deploy).toEqual({ status: 'failed', durationMs: 2_000, step: 'copy' });
  });
  it('ends with the final event, and leaves no stage running', () => {
    const failure = { code: 'cancelled', message: 'Cancelled.' };
    const model = given(
      empty,
      { kind: 'task', data: { status: 'running', failure: null } },
      { kind: 'stage', data: { stage: 'verify', status: 'running' } },
      { kind: 'task', data: { status: 'cancelled', failure } },
    );
    expect(model).toMatchObject({ status: 'cancelled', failure, finishedAt: start + 2_000 });
    expect(model.stages?.verify.status).toBe('cancelled');
  });
  it('goes on after a worker handed the task back', () => {
    const model = given(
      empty,
      { kind: 'task', data: { status: 'running', failure: null } },
      { kind: 'stage', data: { stage: 'build', status: 'running' } },
      { kind: 'stage', data: { stage: 'build', status: 'pending' } },
      { kind: 'task', data: { status: 'queued', failure: null } },
      { kind: 'task', data: { status: 'running', failure: null } },
    );
    expect(model).toMatchObject({ status: 'running', startedAt: start, finishedAt: null });
    expect(model.stages?.build).toEqual({ status: 'pending' });
  });
  it('does not let a program steer the terminal', () => {
    const model = given(empty, line('\u001b[2J\u001b]0;title\u0007hello\u0000'), line('10%\r50%\r100%\r'));
    expect(model.log.map(({ text }) => text)).toEqual(['hello', '100%']);
  });
  it('forgets the oldest lines of an endless log and counts them', () => {
    const model = given(empty, ...lines(logLimit + 7));
    expect(model.log).toHaveLength(logLimit);
    expect(model.forgotten).toBe(7);
    expect(logWindow(model, 10).above).toBe(logLimit - 10 + 7);
  });
  it('shows who watches, and where the watch is', () => {
    const watchers = [{ id: 'a', name: 'ada', self: true }];
    expect(
      updateModel(updateModel(empty, { type: 'watchers', watchers }), { type: 'phase', phase: 'live' }),
    ).toMatchObject({
      watchers,
      phase: 'live',
    });
  });
});

describe('scrolling', () => {
  const full = given(empty, ...lines(100));
  const shown = (model: WatchModel): (string | undefined)[] => {
    const { entries } = logWindow(model, 10);
    return [entries[0]?.text, entries.at(-1)?.text];
  };
  it('follows the end', () => {
    expect(shown(full)).toEqual(['90', '99']);
    expect(shown(given(full, line('100')))).toEqual(['91', '100']);
  });
  it('stays at the same lines while more arrive', () => {
    const up = scrollModel(scrollModel(full, 'pageUp', 10), 'up', 10);
    expect(shown(up)).toEqual(['80', '89']);
    const more = given(up, ...lines(5));
    expect(shown(more)).toEqual(['80', '89']);
    expect(logWindow(more, 10).below).toBe(15);
  });
  it('stops at both ends', () => {
    const top = scrollModel(full, 'start', 10);
    expect(shown(scrollModel(top, 'pageUp', 10))).toEqual(['0', '9']);
    expect(shown(scrollModel(top, 'end', 10))).toEqual(['90', '99']);
    expect(scrollModel(full, 'down', 10).scroll).toBe(0);
    expect(scrollModel(empty, 'pageUp', 10).scroll).toBe(0);
  });
  it('shows all of a log that fits, also after the terminal grew', () => {
    const top = scrollModel(full, 'start', 10);
    expect(logWindow(top, 200)).toMatchObject({ above: 0, below: 0 });
  });
});

it('measures a running stage by the clock', () => {
  expect(stageDuration({ status: 'running', startedAt: 1_000 }, 3_500)).toBe(2_500);
  expect(stageDuration({ status: 'pending' }, 3_500)).toBeUndefined();
});
