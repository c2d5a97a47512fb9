import { expect, test } from 'vitest';
import { type Place, planAdmission } from './admission.ts';
import type { ConcurrencyStrategy } from './workflow.ts';

const places = (strategy: ConcurrencyStrategy, maxRuns: number, pattern: string): Place[] =>
  [...pattern].map((mark, index) => ({
    holder: String(index),
    runId: String(index),
    held: mark === 'H',
    strategy,
    maxRuns,
  }));
const plan = (strategy: ConcurrencyStrategy, maxRuns: number, pattern: string) => {
  const { admit, cancel } = planAdmission(places(strategy, maxRuns, pattern));
  return { admit: admit.map((place) => place.holder).join(), cancel: cancel.map((place) => place.holder).join() };
};

// H holds the key, w waits; oldest first.
test.each([
  ['GROUP_ROUND_ROBIN', 1, 'Hww', '', ''],
  ['GROUP_ROUND_ROBIN', 1, 'www', '0', ''],
  ['GROUP_ROUND_ROBIN', 3, 'Hwww', '1,2', ''],
  ['CANCEL_IN_PROGRESS', 1, 'Hw', '1', '0'],
  ['CANCEL_IN_PROGRESS', 1, 'Hwww', '3', '0,1,2'],
  ['CANCEL_IN_PROGRESS', 2, 'HHw', '2', '0'],
  ['CANCEL_IN_PROGRESS', 2, 'Hw', '1', ''],
  ['CANCEL_NEWEST', 1, 'Hww', '', '1,2'],
  ['CANCEL_NEWEST', 2, 'Hww', '1', '2'],
  ['CANCEL_NEWEST', 1, 'w', '0', ''],
] as const)('%s with max %i: %s', (strategy, maxRuns, pattern, admit, cancel) => {
  expect(plan(strategy, maxRuns, pattern)).toEqual({ admit, cancel });
});

test('nobody at a key: nothing to do', () => {
  expect(planAdmission([])).toEqual({ admit: [], cancel: [] });
});
