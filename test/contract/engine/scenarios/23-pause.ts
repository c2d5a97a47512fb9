import { pause, type Scenario, within } from '../support/scenario.ts';

/** A paused worker gets nothing; labels can be added while it works. */
export async function pauseUnpause(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const task = a.task({ name: 's23-t', scheduleTimeout: '30s', fn: (input: { n: number }) => ({ n: input.n }) });
  const worker = await s.worker('A', a, 's23-w', { workflows: [task] });
  await task.run({ n: 0 });
  await s.heartbeat('A');
  await s.call('A', 'worker.pause()', async () => worker.pause());
  const ref = await task.runNoWait({ n: 1 });
  await pause(500);
  await a.runs.get_status(await ref.getWorkflowRunId());
  await s.call('A', 'isPaused', () => worker.isPaused());
  const id = ((await a.workers.list()).rows ?? []).find((row) => row.name === 's23-w')?.metadata.id ?? '';
  await s.call('A', 'workers.get', () => a.workers.get(id));
  await s.call('A', 'worker.unpause()', async () => worker.unpause());
  await within(Promise.resolve(ref.output), 10_000, 'PENDING 10000 ms');
  await s.call('A', 'worker.upsertLabels', () => worker.upsertLabels({ a: 'b', n: 3 }));
  await s.call('A', 'workers.get labels', async () => (await a.workers.get(id)).labels);
  const unknown = '11111111-2222-4333-8444-555555555555';
  await s.call('A', 'workers.get unknown', () => a.workers.get(unknown));
  await s.call('A', 'workers.pause unknown', () => a.workers.pause(unknown));
}
