import { pause, type Scenario } from '../support/scenario.ts';

/** A worker that lives but is not heard: no new work, its task is started elsewhere, its late result is ignored, and it may come back. */
export async function heartbeatsStopped(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const w1 = await s.workerProcess('W1', { NAME: 's20-w1', WORKFLOWS: 's20-t' });
  const task = a.task({ name: 's20-t', fn: (_input: { n: number; ms: number }) => ({}) });
  const ref = await task.runNoWait({ n: 1, ms: 50_000 });
  const id = await ref.getWorkflowRunId();
  const output = ref.output;
  await w1.until(/^START/);
  await s.heartbeat('W1');
  w1.relay.drop.add('Heartbeat');
  const w2 = await s.workerProcess('W2', { NAME: 's20-w2', WORKFLOWS: 's20-t', SPEED: '2' });
  await s.heartbeat('W2');
  await pause(7_000);
  await (await task.runNoWait({ n: 3, ms: 100 })).output;
  await w2.until(/^START s20-t .*"n":1/, 60_000);
  await w1.until(/^END s20-t .*"n":1/, 60_000);
  await a.runs.get_status(id);
  await output;
  w1.relay.drop.clear();
}
