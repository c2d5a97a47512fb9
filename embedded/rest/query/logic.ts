import { delimiter, field, fieldName, lexeme } from './grammar.ts';
import type { LogicGroup, LogicTerm } from './model.ts';
import { expression, logicValue } from './operation.ts';
import {
  after,
  attempt,
  before,
  bind,
  char,
  choice,
  label,
  lazily,
  map,
  type Parser,
  separated1,
  string,
  succeed,
} from './parsec.ts';

const filter: Parser<LogicTerm> = bind(before(field, delimiter), (name) =>
  map(expression(logicValue), (parsed) => ({ kind: 'filter', field: name, ...parsed })),
);
const negation = label(
  choice(attempt(map(before(string('not'), delimiter), () => true)), succeed(false)),
  'negation operator (not)',
);
const operator: Parser<LogicGroup['operator']> = label(
  choice<LogicGroup['operator']>(attempt(string('and')), string('or')),
  'logic operator (and, or)',
);
const group: Parser<LogicTerm> = lazily(() =>
  bind(negation, (negated) =>
    bind(operator, (kind) =>
      map(after(lexeme(char('(')), before(separated1(logicTree, lexeme(char(','))), lexeme(char(')')))), (terms) => ({
        kind: 'group',
        negated,
        operator: kind,
        terms,
      })),
    ),
  ),
);

/** `or(a.eq.1,not.and(…))`, the operator of the key put in front of the value. */
export const logicTree: Parser<LogicTerm> = choice(attempt(filter), group);

/** The key of a logic parameter: `embed.not.or` gives the path and the text to put in front of the value. */
export const logicPath: Parser<{ path: string[]; prefix: string }> = map(separated1(fieldName, delimiter), (names) => {
  const operatorName = names.at(-1) ?? '';
  return {
    path: names.slice(0, -1).filter((name) => name !== 'not'),
    prefix: names.includes('not') ? `not.${operatorName}` : operatorName,
  };
});
