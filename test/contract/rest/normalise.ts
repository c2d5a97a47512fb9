import { isDeepStrictEqual } from 'node:util';
import { compare, type Difference } from '../support/compare.ts';
import type { Reply } from './player.ts';
import type { HttpStep } from './recording.ts';

/** The headers that make up PostgREST's contract; the others belong to its HTTP server. */
const comparedHeaders = [
  'content-type',
  'content-range',
  'location',
  'preference-applied',
  'www-authenticate',
  'allow',
  'set-cookie',
  'content-location',
  'content-profile',
  'proxy-status',
  'retry-after',
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
  'access-control-expose-headers',
  'x-from-sql',
  'x-quota',
  'cache-control',
];

const recordedDay = /2026-11-21([T ])\d\d:\d\d:\d\d(\.\d+)?(\+00(:00)?)?/g;
const anyTime = /\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?(\+00(:00)?)?/g;
const fixtureIds = /^(a0000000|b0000000|11111111|22222222|33333333)-/;
const anyId = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const dayMs = 24 * 3_600_000;

const withoutIds = (text: string): string => text.replace(anyId, (id) => (fixtureIds.test(id) ? id : '<id>'));
// Generated ids and the time of the request are what changes from run to run.
const recordedText = (text: string): string => withoutIds(text.replace(recordedDay, '<now>'));
const actualText = (text: string): string =>
  withoutIds(
    text.replace(anyTime, (time) =>
      Math.abs(Date.parse(`${time.slice(0, 10)}T${time.slice(11, 19)}Z`) - Date.now()) < dayMs ? '<now>' : time,
    ),
  );

/** Parses JSON with every number as its text, so that 1.50 is not 1.5. */
function parseExactly(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && context?.source !== undefined ? { number: context.source } : value;
  return JSON.parse(text, revive);
}

const isCut = (body: unknown): body is { text: string; cut: number; count: number } =>
  typeof body === 'object' && body !== null && 'cut' in body && 'text' in body;
const isJson = (reply: Reply): boolean => String(reply.headers['content-type']).includes('json');

/** Claims in the body carry times of their own; only their names count. */
const withoutClaimTimes = (text: string): string => text.replace(/(\\"(?:exp|nbf|iat)\\"):\d+/g, '$1:0');

/** JSON inside strings (claims, headers, cookies as SQL sees them) is compared as values too. */
function inner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
  if (typeof value !== 'string' || !/^\{.*\}$/s.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}

// What names the server, its port, its machine's time zone and the token of the run.
const volatility = (path: string, expected: unknown): 'ignore' | 'exact' =>
  /\.headers\.(host|authorization)$/.test(path) ||
  expected === 'PostgREST 14.17' ||
  (path.endsWith('.tz') && expected === 'Etc/UTC')
    ? 'ignore'
    : 'exact';

function bodyDifferences(step: HttpStep, reply: Reply): Difference[] {
  const { body } = step.res;
  if (isCut(body)) {
    const shown = body.text.slice(0, -1);
    const same = reply.text.startsWith(shown) && Buffer.byteLength(reply.text) === body.cut;
    return same ? [] : [{ path: 'body', expected: shown.slice(0, 80), actual: reply.text.slice(0, 80) }];
  }
  if (body === null || body === undefined)
    return reply.text === '' || reply.text === 'null' ? [] : [{ path: 'body', expected: body, actual: reply.text }];
  if (!isJson(reply)) return compare(body, { text: actualText(reply.text) }, undefined, undefined, 'body');
  if (step.raw !== undefined)
    return compare(
      parseExactly(recordedText(step.raw)),
      parseExactly(actualText(reply.text)),
      undefined,
      undefined,
      'body',
    );
  const expected: unknown = JSON.parse(withoutClaimTimes(recordedText(JSON.stringify(body))));
  // Written and read again, as the recording was: -0 becomes 0.
  const written = JSON.stringify(JSON.parse(reply.text));
  const actual: unknown = JSON.parse(withoutClaimTimes(actualText(written)));
  return compare(inner(expected), inner(actual), volatility, undefined, 'body');
}

const plannedCount = (step: HttpStep): boolean =>
  Object.values(step.req.headers).some((value) => /count=(planned|estimated)/.test(value));

function headerDifferences(step: HttpStep, reply: Reply): Difference[] {
  return comparedHeaders.flatMap((name) => {
    let expected: unknown = step.res.headers[name];
    let actual: unknown = reply.headers[name];
    // The planner's guess depends on its statistics.
    if (name === 'content-range' && plannedCount(step) && typeof expected === 'string' && typeof actual === 'string') {
      expected = expected.replace(/\/\d+$/, '/n');
      actual = actual.replace(/\/\d+$/, '/n');
    }
    if (Array.isArray(actual) && !Array.isArray(expected)) actual = actual.join(', ');
    return isDeepStrictEqual(expected, actual) ? [] : [{ path: `headers.${name}`, expected, actual }];
  });
}

/** Where a reply parts from the recorded one: status, contract headers, body as parsed values. */
export function differences(step: HttpStep, reply: Reply): Difference[] {
  if (reply.status !== step.res.status)
    return [
      {
        path: 'status',
        expected: `${step.res.status} ${JSON.stringify(step.res.body)}`,
        actual: `${reply.status} ${reply.text}`,
      },
    ];
  return [...headerDifferences(step, reply), ...bodyDifferences(step, reply)];
}
