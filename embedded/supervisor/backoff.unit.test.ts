import { expect, it } from 'vitest';
import { backoffDelayMs } from './backoff.ts';

it('doubles from 0.1 s up to 30 s', () => {
  expect([1, 2, 3, 9, 10, 1000].map(backoffDelayMs)).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
});
