import { pause, type Scenario } from '../support/scenario.ts';

/** Giving a slot back while working, and tasks that take two. */
export async function releaseSlotAndCost(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const release = a.task({
    name: 's35-rel',
    fn: async (input: { n: number; rel: boolean }, context) => {
      if (input.rel) await context.releaseSlot();
      await pause(1_000);
      return {};
    },
  });
  const cost = a.task({
    name: 's35-cost',
    slotCost: 2,
    fn: async (_input: { n: number }) => {
      await pause(300);
      return {};
    },
  });
  await s.worker('A', a, 's35-w', { workflows: [release, cost], slots: 3 });
  await s.call('A', 'six tasks releasing their slot, 3 slots', () =>
    release.run(Array.from({ length: 6 }, (_, n) => ({ n, rel: true }))),
  );
  await s.call('A', 'three of slotCost 2 on 3 slots', () => cost.run([{ n: 1 }, { n: 2 }, { n: 3 }]));
}
