import { compare, type Difference } from '../support/compare.ts';
import { type AuthBindings, volatility } from './bindings.ts';
import type { Answer } from './http-client.ts';
import type { Exchange, TokenNote } from './recording.ts';

/** Headers that the recordings keep; all others are nobody's promise. */
const promised = [
  'content-type',
  'x-sb-error-code',
  'x-supabase-api-version',
  'x-total-count',
  'x-content-type-options',
  'link',
  'cache-control',
  'vary',
  'allow',
  'location',
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'sb-auth-user-id',
  'sb-auth-session-id',
  'sb-auth-refresh-token-prefix',
  'sb-auth-refresh-token-reuse',
];

/** Where an answer differs from the recorded one; binds tokens and ids that it brings. */
export function differencesOf(recorded: Exchange['res'], answer: Answer, bindings: AuthBindings): Difference[] {
  const body = parse(answer.body);
  const status = compare(recorded.status, answer.status, undefined, undefined, 'status');
  const missing = promised
    .filter((name) => name.startsWith('sb-auth-'))
    .filter((name) => (recorded.headers[name] === undefined) !== (answer.headers[name] === undefined))
    .map((name) => ({ path: `headers.${name}`, expected: recorded.headers[name], actual: answer.headers[name] }));
  return [
    ...status,
    ...missing,
    ...compare(headersOf(recorded.headers), headersOf(answer.headers), volatility, bindings, 'headers'),
    ...compare(recorded.body, shortenedLike(recorded.body, body), volatility, bindings, 'body'),
  ];
}

/** Where an access token that was just given differs from its note. */
export function tokenDifferences(note: TokenNote, token: string, bindings: AuthBindings): Difference[] {
  const [header = '', claims = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString('utf8'));
  const parsed: unknown = parse(claims);
  const order = typeof parsed === 'object' && parsed !== null ? Object.keys(parsed) : [];
  return [
    ...compare(note.header, parse(header), volatility, bindings, 'token.header'),
    ...compare(note.claims, shortenedLike(note.claims, parsed), volatility, bindings, 'token.claims'),
    ...compare(Object.keys(note.claims), order, undefined, undefined, 'token.order'),
  ];
}

function headersOf(headers: Record<string, string>): Record<string, string> {
  const kept = promised.flatMap((name) => {
    const value = headers[name];
    // The router of the real server lists methods in any order.
    const shown = name === 'allow' ? value?.split(', ').toSorted().join(', ') : value;
    return shown === undefined ? [] : [[name, shown]];
  });
  return Object.fromEntries(kept);
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const more = /^…\(\+(\d+) more\)$/;

const longText = /…\(\d+ chars\)$/u;

/** Applies the recorder's shortening of long arrays and strings to an actual value, wherever the recorded one was shortened. */
function shortenedLike(recorded: unknown, actual: unknown): unknown {
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    const last: unknown = recorded.at(-1);
    const shortened = typeof last === 'string' && more.test(last);
    const items = shortened ? actual.slice(0, recorded.length - 1) : actual;
    const marker = shortened ? [`…(+${actual.length - items.length} more)`] : [];
    return [...items.map((item, index) => shortenedLike(recorded[index], item)), ...marker];
  }
  if (typeof recorded === 'string' && typeof actual === 'string' && longText.test(recorded))
    return `${actual.slice(0, recorded.indexOf('…'))}…(${actual.length} chars)`;
  if (isRecord(recorded) && isRecord(actual))
    return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, shortenedLike(recorded[key], value)]));
  return actual;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
