import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.each([
  ['1h', { ms: 3_600_000 }],
  ['1h30m', { ms: 5_400_000 }],
  ['-1h', { ms: -3_600_000 }],
  ['1.5s', { ms: 1500 }],
  ['.5s', { ms: 500 }],
  ['876000h', { ms: 876_000 * 3_600_000 }],
  ['0', { ms: 0 }],
  ['soon', { problem: 'time: invalid duration "soon"' }],
  ['', { problem: 'time: invalid duration ""' }],
  ['5', { problem: 'time: missing unit in duration "5"' }],
  ['1 week', { problem: 'time: unknown unit " week" in duration "1 week"' }],
])('%j', (text, expected) => {
  expect(parseDuration(text)).toEqual(expected);
});
