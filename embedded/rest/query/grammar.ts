import type { Field, JsonStep } from './model.ts';
import {
  after,
  attempt,
  before,
  bind,
  char,
  choice,
  digit,
  end,
  label,
  letter,
  lookAhead,
  many,
  many1,
  map,
  noneOf,
  notFollowedBy,
  oneOf,
  option,
  type Parser,
  separated1,
  string,
} from './parsec.ts';

const whitespace = many(oneOf(' \t'));
export const lexeme = <T>(parser: Parser<T>): Parser<T> => after(whitespace, before(parser, whitespace));

const identifierCharacter = choice(letter, digit, oneOf('_ $'));
export const identifier: Parser<string> = map(many1(identifierCharacter), (characters) => characters.join('').trim());

export const quotedValue: Parser<string> = map(
  after(char('"'), before(many(choice(noneOf('\\"'), after(char('\\'), noneOf('')))), char('"'))),
  (characters) => characters.join(''),
);

const dash = attempt(after(char('-'), notFollowedBy(char('>'))));
const joinedByDash = (part: Parser<string>): Parser<string> => map(separated1(part, dash), (parts) => parts.join('-'));

export const fieldName: Parser<string> = label(
  choice(quotedValue, joinedByDash(identifier)),
  'field name (* or [a..z0..9_$])',
);
export const delimiter: Parser<string> = label(char('.'), 'delimiter (.)');

const jsonKey: Parser<string> = label(
  choice(quotedValue, joinedByDash(map(many1(noneOf('(-:.,>)')), (characters) => characters.join('').trim()))),
  'any non reserved character different from: .,>()',
);
const indexEnd: Parser<unknown> = choice<unknown>(
  ...(['->', '::', '.', ',', ')'] as const).map((text) => attempt(lookAhead(string(text)))),
  attempt(end),
);
const jsonIndex: Parser<string> = bind(option(char('-'), '+'), (sign) =>
  map(before(many1(digit), indexEnd), (digits) => sign + digits.join('')),
);
const jsonStep: Parser<JsonStep> = bind(
  choice(attempt(map(string('->>'), () => true)), attempt(map(string('->'), () => false))),
  (text) =>
    choice<JsonStep>(
      attempt(map(jsonIndex, (index) => ({ text, index }))),
      attempt(map(jsonKey, (key) => ({ text, key }))),
    ),
);
const jsonPath: Parser<JsonStep[]> = many(jsonStep);

export const field: Parser<Field> = lexeme(
  bind(fieldName, (name) => map(option(jsonPath, []), (path) => ({ name, path }))),
);

/** `embed.embed.column->path` */
export const treePath: Parser<{ path: string[]; field: Field }> = bind(separated1(fieldName, delimiter), (names) =>
  map(option(jsonPath, []), (path) => ({ path: names.slice(0, -1), field: { name: names.at(-1) ?? '', path } })),
);

/** `columns=` and `on_conflict=` */
export const columnList: Parser<string[]> = separated1(fieldName, lexeme(char(',')));
