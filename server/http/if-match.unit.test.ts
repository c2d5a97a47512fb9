import { describe, expect, it } from 'vitest';
import { expectedVersion, versionConflict } from './if-match.ts';

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

it('a conflict shows both versions, and the fields in which they differ', () => {
  const current = { slug: 'dev', variables: { A: '2' }, category: 'test', version: 5, updatedAt: 'later' };
  const wanted = { ...current, variables: { A: '1' }, version: 3, updatedAt: 'before' };
  expect(versionConflict('environment', 3, current, wanted)).toMatchObject({
    status: 409,
    detail: expect.stringMatching(/version 3.*version 5/),
    headers: { etag: '"5"' },
    conflict: {
      expectedVersion: 3,
      currentVersion: 5,
      current,
      differences: [{ field: 'variables', yours: { A: '1' }, current: { A: '2' } }],
    },
  });
});
