import { describe, expect, test } from 'vitest';
import { RestError } from '../rest-error.ts';
import { parseFilterValue, rowExpression } from './filter-value.ts';
import { canonicalQuery, parseQueryString } from './query-string.ts';
import { parseRequestQuery } from './request-query.ts';

const parse = (text: string, call = false) => parseRequestQuery(parseQueryString(text), call);
const refusal = (text: string): { message: string; details: unknown } => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof RestError) return { message: error.message, details: error.details };
    throw error;
  }
  throw new Error(`accepted: ${text}`);
};

describe('select', () => {
  test('columns, aliases, casts, JSON paths', () => {
    expect(parse('select=a,b:c->d->>0::int').select).toEqual([
      { kind: 'field', field: { name: 'a', path: [] } },
      {
        kind: 'field',
        alias: 'b',
        field: {
          name: 'c',
          path: [
            { text: false, key: 'd' },
            { text: true, index: '+0' },
          ],
        },
        cast: 'int',
      },
    ]);
  });

  test('embeds with alias, hint and join, nested and spread', () => {
    expect(parse('select=x:t!fk!inner(a,...u(b))').select).toEqual([
      {
        kind: 'embed',
        relation: 't',
        alias: 'x',
        hint: 'fk',
        join: 'inner',
        spread: false,
        items: [
          { kind: 'field', field: { name: 'a', path: [] } },
          { kind: 'embed', relation: 'u', spread: true, items: [{ kind: 'field', field: { name: 'b', path: [] } }] },
        ],
      },
    ]);
  });

  test('a cast holds nothing that could end it', () => {
    for (const cast of ['text)', "text'", 'text;x', 'text"', 'text[]', 'text/*', 'text--', 'a$$b']) {
      const query = (() => {
        try {
          return parse(`select=a::${encodeURIComponent(cast)}`);
        } catch (error) {
          if (error instanceof RestError) return undefined;
          throw error;
        }
      })();
      for (const item of query?.select ?? [])
        expect(item.kind === 'field' && (item.cast ?? ''), cast).toMatch(/^[\p{L}0-9_ $]*$/u);
    }
  });

  test('no cast opens a dollar-quoted string', () => {
    for (const cast of ['$$', '$a$', 'text $$', ' $$'])
      expect(() => parse(`select=a::${cast},b::${cast}`), cast).toThrow(RestError);
  });

  test('an error names place and expectation as Parsec does', () => {
    expect(refusal('select=a(b')).toEqual({
      message: '"failed to parse select parameter (a(b)" (line 1, column 4)',
      details: 'unexpected end of input expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
    });
  });
});

describe('filters', () => {
  test('operators, negation, quantifiers, lists', () => {
    const operations = parse('a=eq.1&b=not.in.(1,"x,y")&c=like(any).{a*}&d=is.not_null&e=fts(english).cat').filters.map(
      ({ value }) => [value.negated, value.operation],
    );
    expect(operations).toEqual([
      [false, { kind: 'quantifiable', operator: 'eq', quantifier: undefined, value: '1' }],
      [true, { kind: 'in', values: ['1', 'x,y'] }],
      [false, { kind: 'quantifiable', operator: 'like', quantifier: 'any', value: '{a*}' }],
      [false, { kind: 'is', value: 'not_null' }],
      [false, { kind: 'fullText', operator: 'fts', language: 'english', value: 'cat' }],
    ]);
  });

  test('the short way gives what the grammar gives', () => {
    for (const text of ['eq.1', 'not.eq.a.b', 'neq.', 'cs.{a}', 'like.*a\nb*', 'not.nxr.[1,2)'])
      expect(parseFilterValue(text), text).toEqual(rowExpression(text, 0).success?.value);
    for (const text of ['in.(1)', 'is.null', 'eq(any).{1}', 'fts.a', 'zz.1', 'eq'])
      expect(parseFilterValue(text)).toBeUndefined();
  });

  test('on an embed, and inside a logic tree', () => {
    const query = parse('t.a=eq.1&t.or=(a.eq.1,not.and(b.is.null,c.eq."x,)y"))');
    expect(query.filters[0]?.path).toEqual(['t']);
    expect(query.logic[0]).toMatchObject({
      path: ['t'],
      value: {
        operator: 'or',
        terms: [{ kind: 'filter' }, { kind: 'group', negated: true, terms: [{}, { operation: { value: 'x,)y' } }] }],
      },
    });
  });

  test('what is no filter is an argument of a function called by GET, and an error elsewhere', () => {
    expect(parse('a=1&b=eq.2', true)).toMatchObject({ arguments: [['a', '1']], filters: [{ path: [] }] });
    expect(refusal('a=1').details).toBe('unexpected "1" expecting "not" or operator (eq, gt, ...)');
  });
});

test('order, ranges by embed, the last limit counts', () => {
  const query = parse('order=a.desc.nullslast,t(b)&limit=1&limit=2&t.offset=3&limit=abc');
  expect(query.order[0]?.value).toMatchObject([
    { direction: 'desc', nulls: 'last' },
    { relation: 't', field: { name: 'b' } },
  ]);
  expect(query.ranges).toEqual([
    { path: [], value: { offset: 0, limit: undefined } },
    { path: ['t'], value: { offset: 3 } },
  ]);
});

test('the canonical query is sorted, encoded, and joins equal names', () => {
  expect(canonicalQuery(parseQueryString('select=a,b&id=gte.1&id=lte.2&x'))).toBe('id=gte.1,lte.2&select=a%2Cb&x=');
});
