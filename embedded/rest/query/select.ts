import { field, fieldName, identifier, lexeme } from './grammar.ts';
import { type Aggregate, aggregates, type SelectEmbed, type SelectField, type SelectItem } from './model.ts';
import {
  after,
  attempt,
  before,
  between,
  bind,
  char,
  choice,
  end,
  lazily,
  lookAhead,
  map,
  never,
  notFollowedBy,
  optional,
  type Parser,
  separated,
  string,
  succeed,
} from './parsec.ts';

const aliasSeparator = after(char(':'), notFollowedBy(char(':')));
const alias = optional(attempt(before(fieldName, aliasSeparator)));
// A `$` may stand inside a type's name, but none may open a dollar-quoted string.
const castName = bind(
  identifier,
  (name): Parser<string> => (/(^|[^\p{L}\p{N}_$])\$/u.test(name) ? never : succeed(name)),
);
const cast = optional(after(string('::'), castName));

type EmbedOption = { join: 'inner' | 'left' } | { hint: string };
const embedOption: Parser<EmbedOption> = after(
  char('!'),
  choice<EmbedOption>(
    attempt(map(string('left'), () => ({ join: 'left' as const }))),
    attempt(map(string('inner'), () => ({ join: 'inner' as const }))),
    attempt(map(fieldName, (hint) => ({ hint }))),
  ),
);
const embedOptions = bind(optional(embedOption), (first) =>
  map(optional(embedOption), (second) => {
    const given = [first, second].filter((one) => one !== undefined);
    return {
      hint: given.flatMap((one) => ('hint' in one ? [one.hint] : []))[0],
      join: given.flatMap((one) => ('join' in one ? [one.join] : []))[0],
    };
  }),
);

// `count()` is an aggregate, never an embedded relation.
const relationName = bind(fieldName, (name): Parser<string> => (name === 'count' ? never : succeed(name)));

const embedHead = (spread: boolean): Parser<Omit<SelectEmbed, 'items'>> =>
  lexeme(
    attempt(
      bind(spread ? after(string('...'), succeed(undefined)) : alias, (as) =>
        bind(relationName, (relation) =>
          map(before(embedOptions, attempt(lookAhead(string('(')))), (options) => ({
            kind: 'embed' as const,
            relation,
            alias: as,
            ...options,
            spread,
          })),
        ),
      ),
    ),
  );

const items: Parser<SelectItem[]> = lazily(() => separated(item, lexeme(char(','))));
// Only the head may be given up: after `name(` the inner list has to be right.
const embed = (spread: boolean): Parser<SelectItem> =>
  bind(embedHead(spread), (head) => map(between(char('('), char(')'), items), (inner) => ({ ...head, items: inner })));

const fieldEnd: Parser<unknown> = choice<unknown>(
  attempt(lookAhead(string(')'))),
  attempt(lookAhead(string(','))),
  attempt(end),
);
const star: Parser<SelectField> = map(before(string('*'), fieldEnd), (name) => ({
  kind: 'field',
  field: { name, path: [] },
}));
const countAll: Parser<SelectField> = bind(alias, (as) =>
  map(before(after(string('count()'), cast), fieldEnd), (aggregateCast) => ({
    kind: 'field',
    field: { name: '*', path: [] },
    alias: as,
    aggregate: 'count',
    aggregateCast,
  })),
);
const aggregate: Parser<Aggregate> = after(
  char('.'),
  before(choice(...aggregates.map((name) => attempt(string(name)))), string('()')),
);
const column: Parser<SelectField> = bind(alias, (as) =>
  bind(field, (name) =>
    bind(cast, (as1) =>
      bind(optional(aggregate), (fn) =>
        map(before(fn === undefined ? succeed(undefined) : cast, fieldEnd), (aggregateCast) => ({
          kind: 'field',
          field: name,
          alias: as,
          cast: as1,
          aggregate: fn,
          aggregateCast,
        })),
      ),
    ),
  ),
);
const item: Parser<SelectItem> = choice<SelectItem>(
  embed(true),
  embed(false),
  lexeme(choice<SelectItem>(attempt(star), attempt(countAll), column)),
);

/** `select=`; text after a complete list is ignored, as PostgREST does. */
export const selectList: Parser<SelectItem[]> = items;
