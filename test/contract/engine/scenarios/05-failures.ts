import { NonRetryableError } from '@hatchet-dev/typescript-sdk/v1/index.js';
import type { Scenario } from '../support/scenario.ts';

/** What tasks throw and return, and how often they are tried. */
export async function failuresRetries(s: Scenario): Promise<void> {
  const a = await s.client('A');
  const failing = (name: string, fail: () => unknown, retries?: number) =>
    a.task({
      name,
      ...(retries === undefined ? {} : { retries }),
      fn: () => {
        throw fail();
      },
    });
  const counting = (name: string, retries: number, backoff?: { factor: number; maxSeconds: number }) =>
    a.task({
      name,
      retries,
      ...(backoff === undefined ? {} : { backoff }),
      fn: (_input, context) => {
        throw new Error(`x${context.retryCount()}`);
      },
    });
  const thr = failing('s05-throw', () => new TypeError('bad thing'));
  const str = failing('s05-throwstr', () => 'just a string');
  const obj = failing('s05-throwobj', () => ({ a: 1 }));
  const nore = failing('s05-nonretry', () => new NonRetryableError('never again'), 3);
  const r0 = counting('s05-retry-nobackoff', 3);
  const r1 = a.task({
    name: 's05-retry-ok',
    retries: 3,
    fn: (_input, context) => {
      if (context.retryCount() < 2) throw new Error('not yet');
      return { after: context.retryCount() };
    },
  });
  const r2 = counting('s05-retry-backoff', 4, { factor: 2, maxSeconds: 5 });
  // The SDK's types ask for objects; what it does with others is what is compared.
  const odd = (name: string, value: unknown) => a.task({ name, fn: () => value as Record<string, never> });
  const und = odd('s05-undefined', undefined);
  const num = odd('s05-number', 42);
  const nul = odd('s05-nullchar', { s: 'a\u0000b' });
  await s.worker('A', a, 's05-w', { workflows: [thr, str, obj, nore, r0, r1, r2, und, num, nul] });
  const calls: Record<string, { run(input: object): Promise<unknown> }> = {
    thr,
    str,
    obj,
    nore,
    r0,
    r1,
    und,
    num,
    nul,
  };
  for (const [name, task] of Object.entries(calls)) await s.call('A', `${name}.run`, () => task.run({}));
  await s.call('A', 'retries with backoff factor 2 max 5 s, 4 retries', () => r2.run({}));
  const rows = (await a.runs.list({ workflowNames: ['s05-retry-backoff'] })).rows;
  await s.call('A', 'runs.get of failed with retries', () => a.runs.get(rows[0]?.metadata.id ?? ''));
}
