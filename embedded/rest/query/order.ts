import { delimiter, field, fieldName, lexeme } from './grammar.ts';
import type { OrderTerm } from './model.ts';
import {
  after,
  attempt,
  before,
  between,
  bind,
  char,
  choice,
  end,
  lookAhead,
  map,
  optional,
  type Parser,
  separated1,
  string,
  succeed,
} from './parsec.ts';

const direction: Parser<'asc' | 'desc'> = choice<'asc' | 'desc'>(
  attempt(after(delimiter, string('asc'))),
  attempt(after(delimiter, string('desc'))),
);
const nulls: Parser<'first' | 'last'> = choice<'first' | 'last'>(
  attempt(map(after(delimiter, string('nullsfirst')), () => 'first' as const)),
  attempt(map(after(delimiter, string('nullslast')), () => 'last' as const)),
);
const termEnd = choice<unknown>(attempt(lookAhead(char(','))), attempt(end));
const tail = bind(optional(direction), (way) =>
  map(
    choice(
      before(optional(nulls), termEnd),
      map(termEnd, () => undefined),
    ),
    (where) => ({ direction: way, nulls: where }),
  ),
);
const relationTerm: Parser<OrderTerm> = bind(fieldName, (relation) =>
  bind(between(char('('), char(')'), field), (name) => map(tail, (rest) => ({ relation, field: name, ...rest }))),
);
const columnTerm: Parser<OrderTerm> = bind(field, (name) => map(tail, (rest) => ({ field: name, ...rest })));

export const orderList: Parser<OrderTerm[]> = separated1(
  lexeme(choice(attempt(relationTerm), columnTerm)),
  after(succeed(undefined), char(',')),
);
