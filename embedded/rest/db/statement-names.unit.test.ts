import { expect, test } from 'vitest';
import { StatementNames } from './statement-names.ts';

test('a name is prepared only after success, and the least recently used one goes', () => {
  const names = new StatementNames(2);
  const a = names.use('a');
  expect(names.use('a')).toMatchObject({ name: a.name, ready: false });
  names.succeeded(['a']);
  names.use('b');
  expect(names.use('a').ready).toBe(true);
  expect(names.use('c').evicted).not.toBe(a.name);
  names.forget();
  expect(names.use('a').ready).toBe(false);
});
