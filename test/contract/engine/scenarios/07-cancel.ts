import { pause, type Scenario, within } from '../support/scenario.ts';

const unknownId = '11111111-2222-4333-8444-555555555555';

/** Cancels in every state, by id, from inside, by filter. */
export async function cancel(s: Scenario): Promise<void> {
  const a = await s.client('A');
  type Input = { n: string | number };
  const t = a.task({
    name: 's07-run',
    executionTimeout: '60s',
    retries: 2,
    fn: async (input: Input, context) => {
      for (let k = 0; k < 200 && !context.cancelled; k += 1) await pause(50);
      return { n: input.n };
    },
  });
  const ig = a.task({
    name: 's07-ignore',
    executionTimeout: '60s',
    fn: async (_input: Input) => {
      await pause(2_000);
      return { finished: true };
    },
  });
  const q = a.task({ name: 's07-queued', fn: (_input: Input) => ({}) });
  const self = a.task({
    name: 's07-self',
    executionTimeout: '20s',
    fn: async (_input: Input, context) => {
      await context.cancel();
      await pause(500);
      return { after: true, c: context.cancelled };
    },
  });
  const quick = a.task({ name: 's07-quick', fn: (_input: Input) => ({ q: 1 }) });
  const thr = a.task({
    name: 's07-throwafter',
    executionTimeout: '60s',
    retries: 2,
    fn: async (_input: Input, context) => {
      await new Promise((resolve) => context.abortController.signal.addEventListener('abort', resolve));
      throw new Error('thrown after cancel');
    },
  });
  await s.worker('A', a, 's07-w', { workflows: [t, ig, self, quick, thr], slots: 20 });
  await a.worker('s07-none', { workflows: [q] });

  interface Ref {
    getWorkflowRunId(): Promise<string>;
    output: Promise<unknown>;
    cancel(): Promise<unknown>;
  }
  const once = async (
    label: string,
    task: { runNoWait(input: Input): Promise<Ref> },
    before: string,
    end: (ref: Ref, id: string) => Promise<unknown>,
  ): Promise<string> => {
    const ref = await task.runNoWait({ n: label });
    const id = await ref.getWorkflowRunId();
    await s.reaches(id, before);
    await a.runs.get_status(id);
    const output = s.call('A', `${label} output`, () => within(ref.output, 12_000, 'PENDING 12 s'));
    await s.call('A', `${label} cancel`, () => end(ref, id));
    await output;
    await a.runs.get_status(id);
    await pause(200);
    await a.runs.get_status(id);
    return id;
  };
  const byId = (_ref: Ref, id: string): Promise<unknown> => a.runs.cancel({ ids: [id] }).then((answer) => answer.data);

  const ran = await once('running via ref.cancel()', t, 'RUNNING', (ref) => ref.cancel());
  await once('running via runs.cancel(ids)', t, 'RUNNING', byId);
  await once('queued (no worker)', q, 'QUEUED', byId);
  await once('task ignoring cancellation', ig, 'RUNNING', byId);
  await once('finished run', quick, 'COMPLETED', byId);
  await once('already cancelled run again', t, 'RUNNING', async (_ref, id) => {
    await a.runs.cancel({ ids: [id] });
    await pause(200);
    return (await a.runs.cancel({ ids: [id] })).data;
  });
  await once('throws after cancel, retries 2', thr, 'RUNNING', byId);
  await once('ctx.cancel() from inside', self, 'CANCELLED', async () => 'nothing');
  for (const [label, ids] of [
    ['cancel unknown id', [unknownId]],
    ['cancel not a uuid', ['nope']],
    ['cancel empty ids', []],
  ] as const)
    await s.call('A', label, () => a.runs.cancel({ ids: [...ids] }).then((answer) => answer.data));
  const metadata = { grp: `g${Date.now()}` };
  const refs = await t.runManyNoWait([1, 2, 3].map((n) => ({ input: { n }, opts: { additionalMetadata: metadata } })));
  for (const ref of refs) await s.reaches(await ref.getWorkflowRunId(), 'RUNNING');
  await s.call('A', 'runs.cancel({filters:{additionalMetadata}})', async () => {
    const since = new Date(Date.now() - 60_000);
    const answer = await a.runs.cancel({ filters: { since, additionalMetadata: metadata } });
    return answer.data;
  });
  await pause(300);
  for (const ref of refs) await a.runs.get_status(await ref.getWorkflowRunId());
  await s.call('A', 'runs.get of cancelled run', () => a.runs.get(ran));
  await s.call('A', 'getDetails of cancelled run', () => a.runs.getDetails(ran));
}
