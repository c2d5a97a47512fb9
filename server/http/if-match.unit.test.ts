import { describe, expect, it } from 'vitest';
import { expectedVersion } from './if-match.ts';

describe('If-Match', () => {
  it.each([
    ['"3"', 3],
    ['W/"12"', 12],
    ['*', null],
  ])('%s', (header, version) => expect(expectedVersion(header)).toBe(version));

  it.each([
    [undefined, 428],
    ['3', 400],
    ['"x"', 400],
    ['"1", "2"', 400],
  ])('%s is refused with %d', (header, status) =>
    expect(() => expectedVersion(header)).toThrow(expect.objectContaining({ status })),
  );
});
