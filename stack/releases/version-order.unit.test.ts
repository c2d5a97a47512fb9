import { describe, expect, it } from 'vitest';
import { compareVersions, isVersion } from './version-order.ts';

describe('compareVersions', () => {
  it('puts versions in the order of semver', () => {
    const ordered = [
      '0.1.0-alpha',
      '0.1.0-alpha.1',
      '0.1.0-alpha.beta',
      '0.1.0-beta.2',
      '0.1.0-beta.11',
      '0.1.0',
      '0.1.1',
      '0.2.0',
      '0.10.0',
      '1.0.0-rc.1',
      '1.0.0',
    ];
    const shuffled = [...ordered].reverse();
    expect(shuffled.sort(compareVersions)).toEqual(ordered);
  });

  it('does not look at build metadata', () => {
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0);
  });
});

it.each([
  ['0.1.0', true],
  ['1.2.3-rc.1+5', true],
  ['unknown', false],
  ['1.2', false],
])('isVersion(%s)', (text, expected) => {
  expect(isVersion(text)).toBe(expected);
});
