import { expect, it } from 'vitest';
import { seal, sealingKeyFrom, unseal } from './sealed.ts';

const key = sealingKeyFrom('c2VjcmV0', 'a test');

it('opens what it sealed, with the same key only, and notices a change', () => {
  const sealed = seal(key, '{"token":"ü"}');
  expect(sealed).not.toContain('token');
  expect(unseal(key, sealed)).toBe('{"token":"ü"}');
  expect(seal(key, '{"token":"ü"}')).not.toBe(sealed);
  expect(() => unseal(sealingKeyFrom('c2VjcmV0', 'another purpose'), sealed)).toThrow();
  const bytes = Buffer.from(sealed, 'base64url');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  expect(() => unseal(key, bytes.toString('base64url'))).toThrow();
});
