import { expect, test } from 'vitest';
import { Batcher } from './batcher.ts';

test('what arrives during a write is the next batch, in order', async () => {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>(async (items) => {
    batches.push([...items]);
    await new Promise((resolve) => setImmediate(resolve));
    return items.map((item) => item * 2);
  });
  const first = [1, 2].map((n) => batcher.submit(n));
  await new Promise((resolve) => setImmediate(resolve));
  const second = [3, 4].map((n) => batcher.submit(n));
  expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
  await batcher.idle();
});

test('a bad item fails alone', async () => {
  const batcher = new Batcher<number, number>(async (items) => {
    if (items.includes(2)) throw new Error('two');
    return [...items];
  });
  const results = await Promise.allSettled([1, 2, 3].map((n) => batcher.submit(n)));
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
