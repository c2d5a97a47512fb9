import { expect, test } from 'vitest';
import { renderValue, type Shape } from './render.ts';

const array = (element: Shape): Shape => ({ kind: 'array', element });

test.each<[string, Shape, string | null, unknown]>([
  ['null', { kind: 'number' }, null, null],
  ['bool', { kind: 'bool' }, 't', true],
  ['NaN has no JSON form', { kind: 'number' }, 'NaN', null],
  ['infinity has none either', { kind: 'number' }, '-Infinity', null],
  ['timestamptz', { kind: 'timestamp' }, '2026-02-28 10:00:00.123456+00', '2026-02-28T10:00:00.123456+00:00'],
  ['half-hour zone', { kind: 'timestamp' }, '2026-02-28 10:00:00+05:30', '2026-02-28T10:00:00+05:30'],
  ['timestamp', { kind: 'timestamp' }, '2026-02-28 12:00:00.5', '2026-02-28T12:00:00.5'],
  ['infinity', { kind: 'timestamp' }, 'infinity', 'infinity'],
  ['before Christ', { kind: 'timestamp' }, '0044-03-15 00:00:00 BC', '0044-03-15 00:00:00 BC'],
  ['bytea', { kind: 'bytea' }, '\\xdeadbeef', 'deadbeef'],
  ['json', { kind: 'json' }, '{"a": [1, 2.50]}', { a: [1, 2.5] }],
  ['text array', array({ kind: 'text' }), '{a,"b,\\"c",NULL,"NULL"}', ['a', 'b,"c', null, 'NULL']],
  [
    'two dimensions',
    array({ kind: 'number' }),
    '{{1,2},{3,NULL}}',
    [
      [1, 2],
      [3, null],
    ],
  ],
  ['own bounds', array({ kind: 'number' }), '[2:3]={5,6}', [5, 6]],
  ['empty array', array({ kind: 'text' }), '{}', []],
])('%s', (_, shape, text, expected) => {
  expect(JSON.parse(renderValue(shape, text))).toEqual(expected);
});

test('no digit of a bigint or a numeric is lost', () => {
  expect(renderValue({ kind: 'number' }, '9223372036854775807')).toBe('9223372036854775807');
  expect(renderValue({ kind: 'number' }, '12345678.123456')).toBe('12345678.123456');
});
