import { describe, expect, test } from 'vitest';
import { RestError } from '../rest-error.ts';
import { negotiate } from './media-type.ts';
import { readPayload } from './payload.ts';
import { appliedHeader, parsePreferences } from './preferences.ts';
import { intersect, parseRangeHeader, readRange } from './range.ts';

describe('Prefer', () => {
  test('the first of a repeated preference counts, unknown ones are ignored', () => {
    const preferences = parsePreferences('return=representation, return=minimal, bogus=1, count=exact');
    expect(preferences).toMatchObject({ return: 'representation', count: 'exact' });
    expect(appliedHeader(preferences, ['return', 'count'])).toBe('return=representation, count=exact');
    expect(appliedHeader(preferences, ['handling'])).toBeUndefined();
  });

  test('strict handling refuses what it does not know', () => {
    expect(() => parsePreferences('handling=strict, bogus=1')).toThrow(RestError);
    expect(() => parsePreferences('handling=strict, timezone=Mars/Base')).toThrow(RestError);
    expect(parsePreferences('handling=strict, max-affected=3, timezone=Europe/Brussels')).toMatchObject({
      maxAffected: 3,
      timezone: 'Europe/Brussels',
    });
  });
});

describe('ranges', () => {
  test('header and limit intersect', () => {
    expect(intersect(parseRangeHeader('0-3'), { offset: 0, limit: 1 })).toEqual({ offset: 0, limit: 1 });
    expect(intersect(parseRangeHeader('2-'), undefined)).toEqual({ offset: 2 });
    expect(parseRangeHeader('bytes=0-1')).toBeUndefined();
    expect(() => parseRangeHeader('3-1')).toThrow(RestError);
    expect(() => intersect(undefined, { offset: 0, limit: -1 })).toThrow(RestError);
  });

  test('status follows rows and total', () => {
    expect(readRange({ offset: 0 }, 2, undefined)).toEqual({ status: 200, header: '0-1/*' });
    expect(readRange({ offset: 0, limit: 2 }, 2, 6)).toEqual({ status: 206, header: '0-1/6' });
    expect(readRange({ offset: 9 }, 0, 6)).toEqual({ status: 416, header: '*/6' });
    expect(readRange({ offset: 0 }, 0, 0)).toEqual({ status: 200, header: '*/0' });
  });
});

test('Accept: quality decides, then order; nothing acceptable is 406', () => {
  expect(negotiate('application/json;q=0.5, text/csv').kind).toBe('csv');
  expect(negotiate('text/html,*/*;q=0.8').kind).toBe('json');
  expect(negotiate('application/vnd.pgrst.object+json;nulls=stripped')).toMatchObject({
    kind: 'object',
    stripNulls: true,
  });
  expect(() => negotiate('')).toThrow(RestError);
});

describe('bodies', () => {
  const read = (text: string, type?: string) =>
    readPayload(Buffer.from(text), type, { columns: undefined, call: false });

  test('the JSON text is kept as it came; only keys are learned', () => {
    const text = '[{"a":9007199254740993},{"a":1.10}]';
    expect(read(text)).toEqual({ text, keys: ['a'] });
    expect(read('null')).toEqual({ text: '[]', keys: [] });
  });

  test('rows of unequal keys and broken JSON are refused', () => {
    for (const text of ['[{"a":1},{"b":1}]', '[1]', '{', '']) expect(() => read(text), text).toThrow(RestError);
    expect(() => read('x', 'text/plain')).toThrow(RestError);
  });

  test('CSV: quotes, NULL, short rows', () => {
    expect(read('a,b\n7,NULL\n9,"q,""x"\n8\n', 'text/csv')).toEqual({
      text: '[{"a":"7","b":null},{"a":"9","b":"q,\\"x"},{"a":"8"}]',
      keys: ['a', 'b'],
    });
  });
});
