import { pause, type Scenario, within } from '../support/scenario.ts';

/** Awaiting results: alone, in parallel, after the end, twice, from another client, of runs that do not exist. */
export async function runResultSubscribe(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const task = a.task({
    name: 's03-t',
    fn: async (input: { n: number; ms?: number }) => {
      await pause(input.ms ?? 0);
      return { n: input.n };
    },
  });
  await s.worker('A', a, 's03-w', { workflows: [task] });
  await s.call('A', 'run', () => task.run({ n: 1 }));
  await s.call('A', '3 runs in parallel, one listener stream', () =>
    Promise.all([2, 3, 4].map((n) => task.run({ n, ms: 200 }))),
  );
  const ref = await task.runNoWait({ n: 5 });
  const id = await ref.getWorkflowRunId();
  s.note('A', 'runId', id);
  s.note('A', 'runNoWait', { value: {} });
  await pause(500);
  await s.call('A', 'output of a run finished long ago', () => ref.output);
  await s.call('A', 'same output a second time', () => ref.output);
  const b = await s.client('B');
  await s.call('B', 'another client: runRef(id).output of finished run', () => b.runRef(id).output);
  const unknown = b.runRef('11111111-2222-4333-8444-555555555555');
  await s.call('B', 'runRef(unknown uuid).output', () => within(unknown.output, 1_500, 'STILL PENDING AFTER 8 s'));
  const malformed = b.runRef('not-a-uuid');
  await s.call('B', 'runRef(not a uuid).output', () => within(malformed.output, 1_500, 'STILL PENDING AFTER 6 s'));
  await s.call('B', 'good run on same stream after the bad id', () =>
    within(b.runRef(id).output, 8_000, 'STILL PENDING AFTER 8 s'),
  );
}
