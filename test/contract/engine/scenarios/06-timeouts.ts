import { pause, type Scenario } from '../support/scenario.ts';

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/** Execution and schedule timeouts, a task that ignores its abort, a longer deadline asked for in time. */
export async function timeouts(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const ex = a.task({
    name: 's06-exec',
    executionTimeout: '2s',
    fn: async (_input, context) => {
      await aborted(context.abortController.signal);
      return { late: 1 };
    },
  });
  const exr = a.task({
    name: 's06-exec-retry',
    executionTimeout: '1s',
    retries: 1,
    fn: async (_input, context) => {
      await aborted(context.abortController.signal);
      return {};
    },
  });
  const ign = a.task({
    name: 's06-ignore',
    executionTimeout: '1s',
    fn: async () => {
      await pause(3_000);
      return { ignored: true };
    },
  });
  const sch = a.task({ name: 's06-sched', scheduleTimeout: '3s', fn: () => ({}) });
  const rf = a.task({
    name: 's06-refresh',
    executionTimeout: '2s',
    fn: async (_input, context) => {
      await pause(1_000);
      await context.refreshTimeout('4s');
      await pause(3_500);
      return { ok: 1, cancelled: context.cancelled };
    },
  });
  await s.worker('A', a, 's06-w', { workflows: [ex, exr, ign, rf] });
  await s.call('A', 'register s06-sched without worker', () =>
    a.worker('s06-none', { workflows: [sch] }).then(() => 'ok'),
  );
  for (const [name, task] of Object.entries({ ex, exr, ign, rf, sch }))
    await s.call('A', `${name}.run`, () => task.run({}));
  // The ignoring task has ended by now: its late result must have changed nothing.
  for (const name of ['s06-exec', 's06-exec-retry', 's06-ignore', 's06-sched'])
    await a.runs.list({ workflowNames: [name] });
  const rows = await a.runs.list({ workflowNames: ['s06-sched'] });
  await s.call('A', 'runs.get of schedule-timed-out run', () => a.runs.get(rows.rows[0]?.metadata.id ?? ''));
}
