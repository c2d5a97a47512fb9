import { pause, type Scenario } from '../support/scenario.ts';

/** A worker is killed with a task; another one gets it, without a retry of the task's own. */
export async function workerKilled(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const w1 = await s.workerProcess('W1', { NAME: 's19-w1', WORKFLOWS: 's19-t' });
  const task = a.task({ name: 's19-t', fn: (_input: { n: number; ms: number }) => ({}) });
  const ref = await task.runNoWait({ n: 1, ms: 15_000 });
  const id = await ref.getWorkflowRunId();
  const output = ref.output;
  await w1.until(/^START/);
  await s.heartbeat('W1');
  await a.runs.get_status(id);
  w1.process.kill('SIGKILL');
  const w2 = await s.workerProcess('W2', { NAME: 's19-w2', WORKFLOWS: 's19-t', SPEED: '10' });
  await s.heartbeat('W2');
  await (await task.runNoWait({ n: 2, ms: 100 })).output;
  await a.runs.get_status(id);
  await w2.until(/^START s19-t .*"n":1/, 45_000);
  await output;
  await pause(100);
  await s.call('A', 'runs.get', () => a.runs.get(id));
  await s.call('A', 'workers.list', async () =>
    ((await a.workers.list()).rows ?? []).filter((w) => /^s19/.test(w.name)).map((w) => [w.name, w.status]),
  );
}
