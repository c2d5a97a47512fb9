import { pause, type Scenario } from '../support/scenario.ts';

/** The engine is killed with tasks running and waiting, and started again: nothing is lost, nothing runs twice. */
export async function engineKilled(
  s: Scenario,
  engine: { kill(): Promise<void>; start(): Promise<void> },
): Promise<void> {
  const a = await s.client('A');
  const w1 = await s.workerProcess('W1', { NAME: 's37-w1', WORKFLOWS: 's37-a,s37-b', SLOTS: '2' });
  type Input = { n: string; ms: number };
  const long = a.task({ name: 's37-a', fn: (_input: Input) => ({}) });
  const short = a.task({ name: 's37-b', fn: (_input: Input) => ({}) });
  const begin = async (task: typeof long, n: string, ms: number) => {
    const ref = await task.runNoWait({ n, ms });
    return { id: await ref.getWorkflowRunId(), output: ref.output };
  };
  const runs = [
    await begin(long, 'ends while the engine is down', 3_000),
    await begin(long, 'ends after the engine is back', 9_000),
  ];
  await w1.until(/^START.*back/);
  for (let n = 1; n <= 3; n += 1) runs.push(await begin(short, `queued ${n}`, 200));
  await engine.kill();
  const during = s.call('A', 'run triggered 0.5 s after the kill', () =>
    short.run({ n: 'triggered while down', ms: 10 }),
  );
  await s.call('A', 'REST status while down', () => a.runs.get_status(runs[0]?.id ?? ''));
  await pause(4_000);
  await engine.start();
  await Promise.all([...runs.map((run) => run.output), during]);
  for (const run of runs) await a.runs.get_status(run.id);
  await short.run({ n: 'later', ms: 10 });
  await s.call('A', 'workers.list', async () =>
    ((await a.workers.list()).rows ?? []).filter((w) => /^s37/.test(w.name)).map((w) => [w.name, w.status]),
  );
}
