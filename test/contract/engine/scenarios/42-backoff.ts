import type { Scenario } from '../support/scenario.ts';

/** Retry delays of several shapes, side by side. */
export async function backoffSpread(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const make = (name: string, backoff: { factor?: number; maxSeconds?: number }) =>
    a.task({
      name: `s42-${name}`,
      retries: 3,
      backoff,
      fn: (): Record<string, never> => {
        throw new Error('x');
      },
    });
  const tasks = [
    make('factor1', { factor: 1, maxSeconds: 60 }),
    make('factor2', { factor: 2, maxSeconds: 60 }),
    make('factor3max4', { factor: 3, maxSeconds: 4 }),
    make('factor2nomax', { factor: 2 }),
    make('maxonly', { maxSeconds: 3 }),
  ];
  const tick = a.task({ name: 's42-tick', fn: () => ({}) });
  await s.worker('A', a, 's42-w', { workflows: [...tasks, tick] });
  await Promise.all(tasks.map((task) => task.run({}).catch(() => undefined)));
}
