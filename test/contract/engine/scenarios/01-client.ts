import type { Scenario } from '../support/scenario.ts';

/** Client start, registration, a run, heartbeats, stop. */
export async function clientStartRegisterStop(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const task = a.task({
    name: 's01-Hello',
    fn: (input: { name: string }, context) => ({
      hi: input.name,
      run: context.workflowRunId(),
      task: context.taskRunExternalId(),
      wfv: context.workflowVersionId() ?? null,
    }),
  });
  const worker = await s.worker('A', a, 's01-Worker', { workflows: [task], slots: 5, labels: { a: 'x', n: 7 } });
  await s.call('A', 'task.run({name:"bob"})', () => task.run({ name: 'bob' }));
  await s.heartbeat('A');
  await s.call('A', 'worker.stop()', () => worker.stop());
  await s.call('A', 'workers.list() after stop (this worker only)', async () =>
    ((await a.workers.list()).rows ?? []).filter((row) => row.name === 's01-Worker'),
  );
}
