import { expect, test } from 'vitest';
import { parseJoinConfig } from './join-config.ts';

const read = (payload: unknown, topic = 'room') => parseJoinConfig(payload, topic);

test('flags may be texts of any case', () => {
  expect(
    read({ config: { broadcast: { ack: 'true', self: 'TRUE' }, presence: { enabled: 'false' }, private: 'x' } }),
  ).toMatchObject({
    ok: true,
    config: { broadcast: { ack: true, self: true }, presence: { enabled: false }, private: false },
  });
});

test('without a config the topic is a table, as in the first API', () => {
  expect(read({}, 'public:todos:id=eq.1')).toMatchObject({
    config: { postgresChanges: [{ schema: 'public', table: 'todos', filter: 'id=eq.1' }] },
  });
  expect(read({ config: {} }, 'public:todos')).toMatchObject({ config: { postgresChanges: [] } });
});

test('platform keys and anything but a text leave the token of the socket', () => {
  for (const token of ['sb_publishable_x', null, 5, undefined]) {
    expect(read({ access_token: token })).toMatchObject({ ok: true, config: { accessToken: undefined } });
  }
});

test.each([
  [
    { since: 5, limit: 3 },
    { sinceMs: 5, limit: 3 },
  ],
  [{ since: 5 }, { sinceMs: 5, limit: undefined }],
  [{ since: 'x' }, 'invalid'],
  [{ limit: 5 }, 'invalid'],
  [undefined, undefined],
])('replay %j', (replay, expected) => {
  expect(read({ config: { broadcast: { replay } } })).toMatchObject({ config: { broadcast: { replay: expected } } });
});

test.each([[{ config: 'x' }], [{ config: { broadcast: [1] } }], [{ config: { postgres_changes: ['x'] } }], ['x']])(
  '%j is refused',
  (payload) => {
    expect(read(payload).ok).toBe(false);
  },
);
