import { expect, it } from 'vitest';
import { bytesText, daysUntilFull, growthText, type StackGrowth } from './growth.ts';

const growth = (bytesPerDay: number | null): StackGrowth => ({
  databaseBytes: 1,
  artifactBytes: 0,
  tables: [],
  bytesPerDay,
  measuredDays: bytesPerDay === null ? null : 12.5,
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [52_428_800, '52.4 MB'],
  [3_783_000_000, '3.78 GB'],
  [7e15, '7000 TB'],
])('%s bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it('says when the disk is full, if it ever is', () => {
  expect(daysUntilFull(growth(1_000), 29_500)).toBe(29);
  expect(daysUntilFull(growth(null), 1)).toBeNull();
  expect(daysUntilFull(growth(-5), 1)).toBeNull();
});

it('says how fast it grows, or that this is not known', () => {
  expect(growthText(growth(null))).toBe('growth not known yet');
  expect(growthText(growth(1_500_000))).toBe('grows by 1.5 MB a day (over 12.5 days)');
  expect(growthText(growth(-1_500))).toBe('shrinks by 1.5 kB a day (over 12.5 days)');
});
