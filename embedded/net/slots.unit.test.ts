import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

test('one origin gets its share and no more, whatever its paths', () => {
  const slots = new Slots();
  for (let n = 0; n < 100; n += 1) slots.take(`http://A.test:80/${n}?x`);
  expect(slots.saturated()).toEqual(['http://a.test:80']);
  expect(slots.free).toBe(300);
});

test('a slot is given back once', () => {
  const slots = new Slots();
  const release = slots.take('http://a/');
  release();
  release();
  expect(slots.free).toBe(400);
});
