import { expect, it } from 'vitest';
import { isApiKey, newApiKey } from './api-keys.ts';

it('has the form and checksum of self-hosted Supabase keys', () => {
  const key = newApiKey('secret');
  expect(key).toMatch(/^sb_secret_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}$/);
  expect(newApiKey('publishable')).toMatch(/^sb_publishable_/);
  expect(isApiKey(key)).toBe(true);
  const wrong = key.endsWith('A') ? `${key.slice(0, -1)}B` : `${key.slice(0, -1)}A`;
  expect(isApiKey(wrong)).toBe(false);
  expect(newApiKey('secret')).not.toBe(key);
});
