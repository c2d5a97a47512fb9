import { expect, test } from 'vitest';
import { isCron } from './cron.ts';
import { parseDuration } from './duration.ts';
import { matchesEventKey } from './event-key.ts';
import { evaluateKey, isExpression } from './expression.ts';
import { jsonTextProblem, objectOrNull, spliceJson } from './json-text.ts';

test.each([
  ['60s', 60],
  ['1h30m', 5400],
  ['1.5h', 5400],
  ['250ms', 0.25],
  ['abc', undefined],
  ['', undefined],
  ['5', undefined],
  ['-5s', undefined],
])('duration %s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each([
  ['5 4 * * *', true],
  ['*/5 * * * * *', true],
  ['@hourly', true],
  ['CRON_TZ=Europe/Zurich 0 0 * * mon-fri', true],
  ['not a cron', false],
  ['* * * *', false],
])('cron %s', (text, valid) => expect(isCron(text)).toBe(valid));

test.each([
  ['a:b', 'a:b', true],
  ['a:b', 'a:c', false],
  ['a:*', 'a:b:c', true],
  ['*:end', 'x:end', true],
  ['a.b', 'axb', false],
  ['a:b', '*', false],
])('event pattern %s, key %s', (pattern, key, matches) => expect(matchesEventKey(pattern, key)).toBe(matches));

test('JSON texts: syntax and NUL, but not an escaped backslash before u0000', () => {
  expect(jsonTextProblem('{"a":1}', 'payload')).toBeUndefined();
  expect(jsonTextProblem('{bad', 'payload')).toBe('invalid json in field `payload`');
  expect(jsonTextProblem('"\\u0000"', 'taskOutput')).toContain('invalid null character \\u0000 in field `taskOutput`');
  expect(jsonTextProblem('"\\\\u0000"', 'payload')).toBeUndefined();
});

test('only objects reach a task', () => {
  expect(['{"a":1}', '[1]', '"x"', '5', 'null', ''].map(objectOrNull)).toEqual([
    '{"a":1}',
    'null',
    'null',
    'null',
    'null',
    'null',
  ]);
});

test('splicing keeps raw JSON as it was spelled', () => {
  expect(spliceJson({ a: 1 }, { b: '{ "c" : 9007199254740993 }' })).toBe('{"a":1,"b":{ "c" : 9007199254740993 }}');
  expect(spliceJson({}, { b: '1' })).toBe('{"b":1}');
});

test('concurrency keys are strings, and say so otherwise', () => {
  const variables = { input: { id: 'x', n: 5 }, additional_metadata: { team: 'ops' } };
  expect(evaluateKey('input.id', variables)).toEqual({ key: 'x' });
  expect(evaluateKey("input.id + '-' + additional_metadata.team", variables)).toEqual({ key: 'x-ops' });
  expect(evaluateKey("'constant'", variables)).toEqual({ key: 'constant' });
  expect(evaluateKey('input.n', variables)).toEqual({
    error: 'failed to parse step expression (input.n): expected string output for concurrency key, got int',
  });
  expect(evaluateKey('input.missing', variables)).toMatchObject({ error: expect.stringContaining('missing') });
  expect(isExpression('input.')).toBe(false);
  expect(isExpression('input.a == 1 && has(input.b)')).toBe(true);
});
