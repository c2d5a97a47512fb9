import { expect, test } from 'vitest';
import { isTenantHost } from './request.ts';

test.each([
  ['realtime-dev.supabase-realtime', true],
  ['realtime-dev.supabase-realtime:4000', true],
  ['127.0.0.1:4000', true],
  ['[::1]:4000', true],
  ['other.localhost', false],
  ['localhost', false],
  ['realtime-dev', false],
  [undefined, false],
])('%s', (host, expected) => {
  expect(isTenantHost(host, 'realtime-dev')).toBe(expected);
});
