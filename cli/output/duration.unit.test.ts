import { expect, it } from 'vitest';
import { formatDuration } from './duration.ts';

it.each([
  [0, '0.0 s'],
  [1_250, '1.3 s'],
  [9_990, '10 s'],
  [59_700, '1 min 00 s'],
  [187_000, '3 min 07 s'],
  [7_500_000, '2 h 05 min'],
  [-5, '0.0 s'],
])('%i ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
