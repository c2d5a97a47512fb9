import { expect, test } from 'vitest';
import { isPasswordHash } from './stored.ts';
import { checkLength, weaknessOf } from './strength.ts';

const rules = { minLength: 8, requiredCharacters: ['abc', '0123456789'] };

test.each([
  ['a1', ['length']],
  ['aaaaaaaa', ['characters']],
  ['xx', ['length', 'characters']],
])('%s lacks %j', (password, reasons) => {
  expect(weaknessOf(password, rules)?.reasons).toEqual(reasons);
});

test('a good one lacks nothing', () => {
  expect(weaknessOf('aaaaaaa1', rules)).toBeUndefined();
});

test('72 bytes, not characters', () => {
  expect(() => checkLength('é'.repeat(36))).not.toThrow();
  expect(() => checkLength('é'.repeat(37))).toThrow('Password cannot be longer than 72 characters');
});

test.each([
  ['$2a$10$lk57KD5lhrqBIqo5r7i0R.Uy6GN8JRK7CAeQW/6EzGNW8MFqHlp7G', true],
  ['$argon2id$v=19$m=16,t=2,p=1$YWFhYWFhYWE$cJ7VTEp4HU9gfSvVb3zwTQ', true],
  ['$2a$10$short', false],
  ['md5abc', false],
])('%s is a hash: %s', (hash, expected) => {
  expect(isPasswordHash(hash)).toBe(expected);
});
