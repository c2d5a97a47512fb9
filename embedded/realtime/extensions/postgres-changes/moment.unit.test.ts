import { describe, expect, it } from 'vitest';
import { Moment } from './moment.ts';

describe('Moment', () => {
  const moment = Moment.parse('100:110:103,105');

  it.each([
    [99, true],
    [102, true],
    [103, false],
    [105, false],
    [109, true],
    [110, false],
    [200, false],
  ])('is after transaction %i: %s', (xid, expected) => expect(moment.isAfter(xid)).toBe(expected));

  it('knows ids of its own epoch, and of the ones beside it', () => {
    const early = Moment.parse(`${2n ** 32n + 5n}:${2n ** 32n + 7n}:`);
    expect(early.isAfter(4)).toBe(true);
    expect(early.isAfter(8)).toBe(false);
    expect(early.isAfter(2 ** 32 - 3)).toBe(true);
    const late = Moment.parse(`${2n ** 32n - 5n}:${2n ** 32n - 3n}:`);
    expect(late.isAfter(3)).toBe(false);
  });
});
