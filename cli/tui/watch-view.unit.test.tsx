import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import { stages } from '../../contracts/deployment.ts';
import type { WatchModel } from './model.ts';
import { initialModel } from './model.ts';
import { ModelStore } from './model-store.ts';
import { WatchScreen } from './watch-screen.tsx';
import { WatchView } from './watch-view.tsx';

afterEach(cleanup);

const deploymentModel: WatchModel = {
  ...initialModel(
    '018f3c1e-0000-4000-8000-000000000001',
    { project: 'site', environment: 'production', ref: 'main' },
    null,
  ),
  commitSha: '1a2b3c4d5e6f7081',
  status: 'running',
  phase: 'live',
  startedAt: 0,
  stages: {
    checkout: { status: 'succeeded', durationMs: 400 },
    build: { status: 'running', startedAt: 1_000, step: 'compile' },
    validate: { status: 'pending' },
    deploy: { status: 'pending' },
    verify: { status: 'pending' },
    rollback: { status: 'pending' },
  },
  progress: { percent: 40, message: 'compiling' },
  log: Array.from({ length: 50 }, (_, index) => ({ stage: 'build', stream: 'stdout', text: `line ${index}` })),
  watchers: [
    { id: 'a', name: 'ada@example.com', self: true },
    { id: 'b', name: 'bob@example.com', self: false },
  ],
};
const show = (model: WatchModel, columns: number, rows: number): string[] =>
  (render(<WatchView model={model} size={{ columns, rows }} now={4_200} />).lastFrame() ?? '').split('\n');

describe('the view', () => {
  it('calls a deployment that was taken back rolled back', () => {
    const stages = deploymentModel.stages;
    if (stages === null) throw new Error('a deployment has stages');
    const ended = { ...deploymentModel, status: 'failed' as const, finishedAt: 4_200 };
    const head = (rollback: 'succeeded' | 'failed') =>
      show({ ...ended, stages: { ...stages, rollback: { status: rollback } } }, 80, 24)[0];
    expect(head('succeeded')).toContain('rolled back 4.2 s');
    expect(head('failed')).toContain('failed 4.2 s');
  });

  it('shows it all at 80 by 24 without a line too wide or a row too many', () => {
    const frame = show(deploymentModel, 80, 24);
    expect(frame.length).toBeLessThan(24);
    for (const line of frame) expect(line.length).toBeLessThanOrEqual(80);
    const text = frame.join('\n');
    expect(frame[0]).toMatch(/^● site → production {2}main @ 1a2b3c4d .*running 4\.2 s {2}● live$/);
    expect(text).toMatch(/✓ checkout +0\.4 s\n {2}● build +3\.2 s {2}compile\n {2}○ validate/);
    expect(text).toMatch(/━+─+ +40 % {2}compiling/);
    expect(text).toContain('log · 38 lines above');
    expect(text).toContain('line 49');
    expect(frame.at(-1)).toMatch(/^watching: you, bob@example\.com .*Ctrl-C detaches$/);
  });
  it('says what it waits for, and how long still', () => {
    const approval = { required: 2, approved: 1, expiresAt: '1970-01-01T02:00:00.000Z' };
    const frame = show({ ...deploymentModel, status: 'waiting', startedAt: null, approval }, 100, 24);
    expect(frame[0]).toMatch(/^◌ site → production .*waiting for approval/);
    expect(frame.join('\n')).toContain('  1 of 2 approvals, 1 h 59 min left (until 1970-01-01 02:00 UTC)');
    for (const line of frame) expect(line.length).toBeLessThanOrEqual(100);
  });
  it.each([
    [40, 24],
    [80, 12],
    [200, 60],
    [30, 8],
  ])('fits into %i by %i', (columns, rows) => {
    const frame = show(deploymentModel, columns, rows);
    expect(frame.length).toBeLessThanOrEqual(rows);
    for (const line of frame) expect(line.length).toBeLessThanOrEqual(columns);
  });
  it('puts the stages on one line where rows are few', () => {
    const compact = show(deploymentModel, 100, 12).find((line) => line.includes('○ rollback')) ?? '';
    for (const stage of stages) expect(compact).toContain(stage);
  });
  it('shows a task that is no deployment', () => {
    const text = show(initialModel('018f3c1e', {}, null), 80, 24).join('\n');
    expect(text).toContain('task 018f3c1e');
    expect(text).not.toContain('checkout');
  });
});

describe('the screen', () => {
  it('scrolls with the keys, follows the model, and detaches', async () => {
    const store = new ModelStore(deploymentModel);
    let detached = 0;
    const { stdin, lastFrame } = render(<WatchScreen store={store} onDetach={() => (detached += 1)} />);
    await expect.poll(lastFrame).toContain('line 49');
    stdin.write('\u001b[5~');
    await expect.poll(lastFrame).toContain('End follows');
    expect(store.get().scroll).toBeGreaterThan(5);
    stdin.write('\u001b[F');
    await expect.poll(() => store.get().scroll).toBe(0);
    store.change((model) => ({ ...model, status: 'succeeded' }));
    await expect.poll(lastFrame).toContain('✓ site');
    stdin.write('\u0003');
    await expect.poll(() => detached).toBe(1);
  });
});
