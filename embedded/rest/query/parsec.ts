/**
 * Parser combinators with the error semantics of Haskell's Parsec. PostgREST's parse errors reach users word for word
 * ("unexpected … expecting …"), and those texts follow from how Parsec merges errors, so the same rules live here:
 * Leijen and Meijer, "Parsec: Direct Style Monadic Parser Combinators for the Real World", and parsec-3 Text.Parsec.Prim.
 */
type MessageKind = 'systemUnexpected' | 'unexpected' | 'expected';
interface Message {
  kind: MessageKind;
  /** Of `systemUnexpected`: the bare character, empty at the end of the input. */
  text: string;
}
export interface ParseError {
  position: number;
  messages: readonly Message[];
}
interface Reply<T> {
  consumed: boolean;
  error: ParseError;
  /** Absent when the parser failed. */
  success?: { value: T; position: number };
}
export type Parser<T> = (input: string, position: number) => Reply<T>;

const order: readonly MessageKind[] = ['systemUnexpected', 'unexpected', 'expected'];
const unknown = (position: number): ParseError => ({ position, messages: [] });
const show = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const merge = (a: ParseError, b: ParseError): ParseError => {
  if (b.messages.length === 0 && a.messages.length > 0) return a;
  if (a.messages.length === 0 && b.messages.length > 0) return b;
  if (a.position !== b.position) return a.position > b.position ? a : b;
  return { position: a.position, messages: [...a.messages, ...b.messages] };
};

/** Succeeds without consuming. */
export const succeed =
  <T>(value: T): Parser<T> =>
  (_input, position) => ({ consumed: false, error: unknown(position), success: { value, position } });

/** Fails with nothing to say. */
export const never: Parser<never> = (_input, position) => ({ consumed: false, error: unknown(position) });

/** Runs `parser`, then what `next` makes of its value. */
export const bind =
  <A, B>(parser: Parser<A>, next: (value: A) => Parser<B>): Parser<B> =>
  (input, position) => {
    const first = parser(input, position);
    if (first.success === undefined) return { consumed: first.consumed, error: first.error };
    const second = next(first.success.value)(input, first.success.position);
    if (second.consumed) return second;
    return { ...second, consumed: first.consumed, error: merge(first.error, second.error) };
  };

export const map = <A, B>(parser: Parser<A>, change: (value: A) => B): Parser<B> =>
  bind(parser, (value) => succeed(change(value)));
export const after = <A, B>(first: Parser<A>, second: Parser<B>): Parser<B> => bind(first, () => second);
export const before = <A, B>(first: Parser<A>, second: Parser<B>): Parser<A> =>
  bind(first, (value) => map(second, () => value));

/** The first alternative that does not fail without having consumed. */
export const choice =
  <T>(...alternatives: Parser<T>[]): Parser<T> =>
  (input, position) => {
    let error = unknown(position);
    for (const [index, alternative] of alternatives.entries()) {
      const reply = alternative(input, position);
      if (reply.consumed) return reply;
      error = index === 0 ? reply.error : merge(error, reply.error);
      if (reply.success !== undefined) return { ...reply, error };
    }
    return { consumed: false, error };
  };

/** A failure counts as not having consumed. */
export const attempt =
  <T>(parser: Parser<T>): Parser<T> =>
  (input, position) => {
    const reply = parser(input, position);
    return reply.success === undefined ? { consumed: false, error: reply.error } : reply;
  };

export const lookAhead =
  <T>(parser: Parser<T>): Parser<T> =>
  (input, position) => {
    const reply = parser(input, position);
    if (reply.success === undefined) return reply;
    return { consumed: false, error: unknown(position), success: { value: reply.success.value, position } };
  };

const expecting = (error: ParseError, text: string): ParseError => ({
  position: error.position,
  messages: [{ kind: 'expected', text }, ...error.messages.filter((message) => message.kind !== 'expected')],
});

/** What is said to be expected when the parser fails without consuming. */
export const label =
  <T>(parser: Parser<T>, text: string): Parser<T> =>
  (input, position) => {
    const reply = parser(input, position);
    if (reply.consumed) return reply;
    if (reply.success !== undefined && reply.error.messages.length === 0) return reply;
    return { ...reply, error: expecting(reply.error, text) };
  };

const characterAt = (input: string, position: number): string | undefined => {
  const code = input.codePointAt(position);
  return code === undefined ? undefined : String.fromCodePoint(code);
};

const satisfy =
  (test: (character: string) => boolean): Parser<string> =>
  (input, position) => {
    const character = characterAt(input, position);
    if (character !== undefined && test(character)) {
      const next = position + character.length;
      return { consumed: true, error: unknown(next), success: { value: character, position: next } };
    }
    return { consumed: false, error: { position, messages: [{ kind: 'systemUnexpected', text: character ?? '' }] } };
  };

export const char = (wanted: string): Parser<string> =>
  label(
    satisfy((character) => character === wanted),
    show(wanted),
  );
export const oneOf = (set: string): Parser<string> => satisfy((character) => set.includes(character));
export const noneOf = (set: string): Parser<string> => satisfy((character) => !set.includes(character));
export const anyCharacter: Parser<string> = satisfy(() => true);
export const letter: Parser<string> = label(
  satisfy((character) => /\p{L}/u.test(character)),
  'letter',
);
export const digit: Parser<string> = label(
  satisfy((character) => /[0-9]/.test(character)),
  'digit',
);

/** Exactly this text; a mismatch after the first character has consumed. */
export const string =
  <T extends string>(wanted: T): Parser<T> =>
  (input, position) => {
    for (let index = 0; index < wanted.length; index++) {
      const character = input[position + index];
      if (character === wanted[index]) continue;
      const text = characterAt(input, position + index) ?? '';
      const error = expecting({ position, messages: [{ kind: 'systemUnexpected', text }] }, show(wanted));
      return { consumed: index > 0, error };
    }
    const next = position + wanted.length;
    return { consumed: true, error: unknown(next), success: { value: wanted, position: next } };
  };

/** Succeeds where `parser` does not. */
export const notFollowedBy =
  (parser: Parser<string>): Parser<undefined> =>
  (input, position) => {
    const reply = parser(input, position);
    if (reply.success === undefined)
      return { consumed: false, error: reply.error, success: { value: undefined, position } };
    const text = `'${reply.success.value}'`;
    return { consumed: false, error: { position, messages: [{ kind: 'unexpected', text }] } };
  };

export const end: Parser<undefined> = (input, position) => {
  const character = characterAt(input, position);
  const expected: Message = { kind: 'expected', text: 'end of input' };
  if (character !== undefined)
    return {
      consumed: false,
      error: { position, messages: [expected, { kind: 'unexpected', text: `'${character}'` }] },
    };
  // It was reached, but whoever goes on here still hears that the end would have been right.
  const messages: Message[] = [expected, { kind: 'systemUnexpected', text: '' }];
  return { consumed: false, error: { position, messages }, success: { value: undefined, position } };
};

export const many =
  <T>(parser: Parser<T>): Parser<T[]> =>
  (input, position) => {
    const values: T[] = [];
    let at = position;
    for (;;) {
      const reply = parser(input, at);
      if (reply.success === undefined) {
        if (reply.consumed) return { consumed: true, error: reply.error };
        return { consumed: at !== position, error: reply.error, success: { value: values, position: at } };
      }
      values.push(reply.success.value);
      at = reply.success.position;
    }
  };

export const many1 = <T>(parser: Parser<T>): Parser<T[]> =>
  bind(parser, (first) => map(many(parser), (rest) => [first, ...rest]));
export const option = <T>(parser: Parser<T>, fallback: T): Parser<T> => choice(parser, succeed(fallback));
export const optional = <T>(parser: Parser<T>): Parser<T | undefined> =>
  choice<T | undefined>(
    map(parser, (value) => value),
    succeed(undefined),
  );
export const separated1 = <T>(parser: Parser<T>, separator: Parser<unknown>): Parser<T[]> =>
  bind(parser, (first) => map(many(after(separator, parser)), (rest) => [first, ...rest]));
export const separated = <T>(parser: Parser<T>, separator: Parser<unknown>): Parser<T[]> =>
  choice(separated1(parser, separator), succeed<T[]>([]));
export const between = <T>(open: Parser<unknown>, close: Parser<unknown>, parser: Parser<T>): Parser<T> =>
  after(open, before(parser, close));
/** A parser that refers to itself. */
export const lazily =
  <T>(make: () => Parser<T>): Parser<T> =>
  (input, position) =>
    make()(input, position);

const list = (texts: readonly string[]): string => {
  const distinct = [...new Set(texts.filter((text) => text !== ''))];
  const last = distinct.pop();
  if (last === undefined) return '';
  return distinct.length === 0 ? last : `${distinct.join(', ')} or ${last}`;
};

/** Parsec's `showErrorMessages`, in one line. */
export function describe(error: ParseError): string {
  if (error.messages.length === 0) return 'unknown parse error';
  const texts = (kind: MessageKind): string[] =>
    order.includes(kind) ? error.messages.filter((message) => message.kind === kind).map(({ text }) => text) : [];
  const system = texts('systemUnexpected');
  const unexpected = list(texts('unexpected'));
  const expected = list(texts('expected'));
  const first = system[0];
  const lines = [
    unexpected === '' && first !== undefined
      ? first === ''
        ? 'unexpected end of input'
        : `unexpected ${show(first)}`
      : '',
    unexpected === '' ? '' : `unexpected ${unexpected}`,
    expected === '' ? '' : `expecting ${expected}`,
  ];
  return lines.filter((line) => line !== '').join(' ');
}
