import { expect, test } from 'vitest';
import { ApiKeys } from './keys.ts';

const settings = {
  anonKey: 'legacy-anon',
  serviceKey: 'legacy-service',
  publishableKey: 'sb_publishable_x',
  secretKey: 'sb_secret_x',
  anonJwt: 'anon-jwt',
  serviceJwt: 'service-jwt',
};

test.each([
  ['legacy-anon', { group: 'anon', jwt: 'legacy-anon' }],
  ['legacy-service', { group: 'admin', jwt: 'legacy-service' }],
  ['sb_publishable_x', { group: 'anon', jwt: 'anon-jwt' }],
  ['sb_secret_x', { group: 'admin', jwt: 'service-jwt' }],
  ['sb_secret_', undefined],
  ['anon-jwt', undefined],
  ['', undefined],
])('%j is %j', (candidate, expected) => {
  expect(new ApiKeys(settings).find(candidate)).toEqual(expected);
});

test('a key that is not set is no key', () => {
  const keys = new ApiKeys({ ...settings, secretKey: undefined, anonJwt: undefined });
  expect([keys.find(''), keys.find('undefined'), keys.find('sb_secret_x'), keys.find('sb_publishable_x')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
