import { delimiter, identifier, lexeme, quotedValue } from './grammar.ts';
import { fullText, type isValues, type Operation, type Quantifier, quantifiable, simple } from './model.ts';
import {
  after,
  anyCharacter,
  attempt,
  before,
  between,
  bind,
  char,
  choice,
  label,
  many,
  map,
  noneOf,
  notFollowedBy,
  optional,
  type Parser,
  separated1,
  string,
  succeed,
} from './parsec.ts';

const keys = <T extends object>(table: T): (keyof T & string)[] =>
  // Object.keys of a constant table are its declared keys.
  Object.keys(table).filter((key): key is keyof T & string => key in table);

const oneKeyOf = <T extends object>(table: T): Parser<keyof T & string> =>
  choice(...keys(table).map((key) => attempt(string(key))));

const text = (characters: Parser<string>): Parser<string> => map(many(characters), (all) => all.join(''));
const listElement = choice(attempt(before(quotedValue, notFollowedBy(noneOf(',)')))), text(noneOf(',)')));
const listValue = after(lexeme(char('(')), before(separated1(listElement, char(',')), lexeme(char(')'))));

/** The value of a filter at top level: everything. */
export const plainValue: Parser<string> = text(anyCharacter);
const arrayLiteral = map(between(char('{'), char('}'), text(noneOf('{}'))), (inner) => `{${inner}}`);
/** The value of a filter inside `or=(…)`: quoted, an array literal, or up to the next comma or parenthesis. */
export const logicValue: Parser<string> = choice(
  attempt(before(quotedValue, notFollowedBy(noneOf(',)')))),
  attempt(arrayLiteral),
  text(noneOf(',)')),
);

const anyCase = (word: string): Parser<string> =>
  map(
    [...word].reduce<Parser<string>>(
      (parser, letter) => after(parser, choice(char(letter), char(letter.toUpperCase()))),
      succeed(''),
    ),
    () => word,
  );
const isWords = ['null', 'not_null', 'true', 'false', 'unknown'] as const satisfies (keyof typeof isValues)[];
const isValue = label(
  choice(...isWords.map((word) => attempt(map(anyCase(word), () => word)))),
  'isVal: (null, not_null, true, false, unknown)',
);

const quantifier: Parser<Quantifier> = attempt(
  between(char('('), char(')'), choice<Quantifier>(attempt(string('any')), string('all'))),
);

/** `op.value`, where `value` parses the value. */
const operation = (value: Parser<string>): Parser<Operation> =>
  label(
    choice<Operation>(
      after(
        attempt(before(string('in'), delimiter)),
        map(listValue, (values) => ({ kind: 'in', values })),
      ),
      after(
        attempt(before(string('is'), delimiter)),
        map(isValue, (is) => ({ kind: 'is', value: is })),
      ),
      after(
        attempt(before(string('isdistinct'), delimiter)),
        map(value, (distinct) => ({ kind: 'isdistinct', value: distinct })),
      ),
      attempt(
        bind(oneKeyOf(fullText), (operator) =>
          bind(optional(attempt(between(char('('), char(')'), identifier))), (language) =>
            map(after(delimiter, value), (query) => ({ kind: 'fullText', operator, language, value: query })),
          ),
        ),
      ),
      attempt(
        bind(oneKeyOf(simple), (operator) =>
          map(after(delimiter, value), (operand) => ({ kind: 'simple', operator, value: operand })),
        ),
      ),
      attempt(
        bind(oneKeyOf(quantifiable), (operator) =>
          bind(optional(quantifier), (which) =>
            map(after(delimiter, value), (operand) => ({
              kind: 'quantifiable',
              operator,
              quantifier: which,
              value: operand,
            })),
          ),
        ),
      ),
    ),
    'operator (eq, gt, ...)',
  );

/** `[not.]op.value` */
export const expression = (value: Parser<string>): Parser<{ negated: boolean; operation: Operation }> =>
  bind(choice(attempt(map(before(string('not'), delimiter), () => true)), succeed(false)), (negated) =>
    map(operation(value), (parsed) => ({ negated, operation: parsed })),
  );
