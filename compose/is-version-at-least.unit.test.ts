import { expect, it } from 'vitest';
import { isVersionAtLeast } from './is-version-at-least.ts';

it.each([
  ['20.10.24+dfsg1', '20.10', true],
  ['19.03.15', '20.10', false],
  ['28.2.2', '20.10', true],
  ['v2.26.1-4', '2.20', true],
  ['2.3.3', '2.20', false],
  ['2.20.0', '2.20', true],
  ['', '2.20', false],
])('%s against %s', (version, least, expected) => {
  expect(isVersionAtLeast(version, least)).toBe(expected);
});
