import { describe, expect, test } from 'vitest';
import { type CheckedFilter, matchLocally, parseFilters } from './filter.ts';

describe('parseFilters', () => {
  test.each([
    ['n=eq.5', [{ column: 'n', op: 'eq', values: ['5'], negate: false }]],
    ['  n=eq.5  ', [{ column: 'n', op: 'eq', values: ['5'], negate: false }]],
    ['', []],
    ['title=eq.', [{ column: 'title', op: 'eq', values: [''], negate: false }]],
    ['title=eq."be,ta"', [{ column: 'title', op: 'eq', values: ['be,ta'], negate: false }]],
    ['t=in.(alpha,"be,ta")', [{ column: 't', op: 'in', values: ['alpha', 'be,ta'], negate: false }]],
    ['n=not.in.(4,6)', [{ column: 'n', op: 'in', values: ['4', '6'], negate: true }]],
    [
      'n=gt.4,title=like.b%',
      [
        { column: 'n', op: 'gt', values: ['4'] },
        { column: 'title', op: 'like', values: ['b%'] },
      ],
    ],
  ])('%s', (text, filters) => {
    expect(parseFilters(text)).toMatchObject({ ok: true, filters });
  });

  test.each([
    ['title=eq.be,ta', ['ta']],
    ['n=between.1', ['n=between.1']],
    ['n=in.4', ['n=in.4']],
    ['nonsense', ['nonsense']],
  ])('%s cannot be read', (text, rest) => {
    expect(parseFilters(text)).toEqual({ ok: false, rest });
  });
});

describe('matchLocally', () => {
  const filter = (op: CheckedFilter['op'], type: string, values: string[], negate = false): CheckedFilter => ({
    column: 'c',
    op,
    type,
    values,
    negate,
  });

  test.each([
    ['equal text', filter('eq', 'text', ['a']), 'a', true],
    ['a boolean as Postgres writes it', filter('eq', 'boolean', ['true']), 't', true],
    ['beyond the safe integers', filter('gt', 'bigint', ['9007199254740992']), '9007199254740993', true],
    ['null matches nothing', filter('neq', 'integer', ['5']), null, false],
    ['null matches no negation either', filter('eq', 'integer', ['5'], true), null, false],
    ['is null', filter('is', 'text', ['null']), null, true],
    ['not is null', filter('is', 'text', ['null'], true), 'x', true],
    ['in', filter('in', 'uuid', ['a', 'b']), 'b', true],
    ['order of texts is for the database', filter('gt', 'text', ['a']), 'b', undefined],
    ['so are numerics', filter('eq', 'numeric', ['1.0']), '1.00', undefined],
    ['and patterns', filter('like', 'text', ['a%']), 'ab', undefined],
  ])('%s', (_, given, text, expected) => {
    expect(matchLocally(given, text)).toBe(expected);
  });
});
