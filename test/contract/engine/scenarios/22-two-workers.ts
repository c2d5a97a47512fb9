import type { HatchetClient } from '@hatchet-dev/typescript-sdk/v1/client/client.js';
import { waitFor } from '../../../support/wait.ts';
import { pause, type Scenario } from '../support/scenario.ts';

/** Three workers with 2, 2 and 6 slots: who gets what, and what waits when all are full. */
export async function twoWorkersSlots(s: Scenario): Promise<void> {
  const clients = { A: await s.client('A'), B: await s.client('B'), C: await s.client('C') };
  let running = 0;
  const make = (client: HatchetClient, label: string) =>
    client.task({
      name: 's22-t',
      fn: async (input: { n: number; ms?: number }) => {
        running += 1;
        await pause(input.ms ?? 100);
        running -= 1;
        return { by: label };
      },
    });
  const task = make(clients.A, 'A');
  await s.worker('A', clients.A, 's22-a', { workflows: [task], slots: 2 });
  await s.worker('B', clients.B, 's22-b', { workflows: [make(clients.B, 'B')], slots: 2 });
  await s.worker('C', clients.C, 's22-c', { workflows: [make(clients.C, 'C')], slots: 6 });
  await s.call('A', '40 bulk runs of 100 ms over workers with 2, 2 and 6 slots', () =>
    task.run(Array.from({ length: 40 }, (_, n) => ({ n }))),
  );
  for (let n = 0; n < 12; n += 1) await task.run({ n, ms: 0 });
  const refs = [];
  for (let n = 0; n < 14; n += 1) refs.push(await task.runNoWait({ n, ms: 2000 }));
  await waitFor(() => running === 10, { timeoutMs: 5_000, what: 'ten tasks in ten slots' });
  for (const ref of refs) await clients.A.runs.get_status(await ref.getWorkflowRunId());
  await s.call('A', 'queue metrics with slots full', () => clients.A.metrics.getQueueMetrics());
  await s.call('A', 'task stats with slots full', () => clients.A.metrics.getTaskStats());
  await s.call('A', 'workers.list slots', async () =>
    ((await clients.A.workers.list()).rows ?? []).filter((w) => /^s22/.test(w.name)).map((w) => [w.name, w.slotConfig]),
  );
  await Promise.all(refs.map((ref) => ref.output));
}
