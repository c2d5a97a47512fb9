import { expect, it } from 'vitest';
import { watchersOf } from './watchers.ts';

it('names everybody once, this watch first, and believes nothing of what others track', () => {
  const presence = {
    b: [{ presence_ref: '1', name: 'bob' }],
    a: [{ presence_ref: '2', name: 'ada' }],
    me: [{ presence_ref: '3', name: 'cleo' }],
    odd: [{ presence_ref: '4', name: 7 }],
    gone: [],
  };
  expect(watchersOf(presence, 'me')).toEqual([
    { id: 'me', name: 'cleo', self: true },
    { id: 'a', name: 'ada', self: false },
    { id: 'b', name: 'bob', self: false },
    { id: 'odd', name: 'somebody', self: false },
  ]);
  expect(watchersOf('nonsense', 'me')).toEqual([]);
});
