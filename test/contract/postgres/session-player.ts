import pg from 'pg';
import { type Bindings, compare, type Difference } from '../support/compare.ts';
import type { Report } from '../support/report.ts';
import type { Out, SessionLine } from './session-recording.ts';

/** What this run answered, in the recording's shape. */
interface Answer {
  tag?: string;
  rows?: unknown[];
  error?: { code: string; message: string; detail: string | null; hint: string | null };
}

export interface PlayOptions {
  /** Connection URL of a recorded session name. */
  url(conn: string): string;
  report: Report;
  bindings: Bindings;
  /** Applied to every statement and parameter: other ports, other paths. */
  translate?(text: string): string;
  /** And back, on what this run answered. */
  restore?(text: string): string;
  /** The recorder set a savepoint before every statement of a transaction, so that an error did not end it. */
  savepoints?: boolean;
  /** Statements that this run must not repeat. */
  skip?(sql: string): boolean;
  /** Called at every line before it is played, e.g. to let a worker finish. */
  settle?(line: SessionLine, step: number): Promise<void>;
}

const oid = {
  bytea: 17,
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  json: 114,
  jsonb: 3802,
  float8: 701,
  oid: 26,
} as const;
// text[], name[] and regclass[]: all written alike.
const textArrays = new Set([1009, 1003, 2210]);
const parseTextArray = (text: string): string[] =>
  [...text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'),
  );
const numbers = new Set<number>([oid.int8, oid.int2, oid.int4, oid.float8, oid.oid]);
const parseValue =
  (type: number) =>
  (value: string): unknown => {
    if (numbers.has(type)) return Number(value);
    if (textArrays.has(type)) return parseTextArray(value);
    if (type === oid.bool) return value === 't';
    if (type === oid.json || type === oid.jsonb) return JSON.parse(value);
    return value;
  };
const types = { getTypeParser: (type: number) => parseValue(type) };

/** Plays a recorded session with as many connections as it had, and reports every statement's answer. */
export async function playSession(scenario: string, lines: SessionLine[], options: PlayOptions): Promise<void> {
  const clients = new Map<string, pg.Client>();
  const pending = new Map<string, { step: number; sql: string; answer: Promise<Answer> }>();
  const clientOf = async (conn: string): Promise<pg.Client> => {
    const known = clients.get(conn);
    if (known !== undefined) return known;
    const client = new pg.Client({ connectionString: options.url(conn) });
    client.on('error', () => undefined);
    await client.connect();
    clients.set(conn, client);
    return client;
  };
  try {
    for (const [step, line] of lines.entries()) {
      await options.settle?.(line, step);
      // A statement that the recording does not spell out.
      if (line.dir === 'sql' && (line.sql.includes('…') || options.skip?.(line.sql))) continue;
      if (line.dir === 'sql') {
        const client = await clientOf(line.conn);
        pending.set(line.conn, { step, sql: line.sql, answer: run(client, line.sql, line.params ?? [], options) });
      }
      if (line.dir === 'out' && line.notice === undefined) {
        const sent = pending.get(line.conn);
        if (sent === undefined) continue;
        pending.delete(line.conn);
        const differences = compareAnswer(line, restored(await sent.answer, options), options.bindings);
        options.report.record(scenario, sent.step, sent.sql, differences);
      }
    }
  } finally {
    for (const client of clients.values()) await client.end();
  }
}

async function run(client: pg.Client, sql: string, params: unknown[], options: PlayOptions): Promise<Answer> {
  const translate = (text: string): string => substitute(options.translate?.(text) ?? text, options.bindings);
  let count = 0;
  const text = params.length === 0 ? sql : sql.replaceAll('%s', () => `$${++count}`);
  const values = params.map((value) => bound(value, options.bindings, translate));
  const guarded = options.savepoints === true && !/^(begin|commit|rollback)/.test(sql) && (await inTransaction(client));
  if (guarded) await client.query('savepoint guard');
  try {
    const result = [await client.query({ text: translate(text), values, rowMode: 'array', types })].flat().at(-1);
    return result === undefined ? {} : { tag: tagOf(result), rows: rowsOf(result) };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    if (guarded) await client.query('rollback to savepoint guard');
    // The recorder left a transaction that its own statement had opened.
    if (/^begin\b.*;/.test(sql)) await client.query('rollback');
    const { code = '', message, detail = null, hint = null } = error;
    return { error: { code, message, detail, hint } };
  }
}

const inTransaction = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query('select now() < statement_timestamp() as started');
  return rows[0].started;
};

const tagOf = (result: pg.QueryArrayResult): string =>
  `${result.command}${result.command === 'INSERT' ? ' 0' : ''}${result.rowCount === null ? '' : ` ${result.rowCount}`}`;

/** Rows as objects; as arrays where two columns share a name. */
function rowsOf(result: pg.QueryArrayResult): unknown[] {
  const names = result.fields.map((field) => field.name);
  if (new Set(names).size < names.length) return result.rows;
  return result.rows.map((row: unknown[]) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
}

const volatile = [
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /^\\x[0-9a-f]{32}$/,
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/,
  // A stored secret: base64 of at least the tag.
  /^(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9+/\n]{43,}={0,2}$/,
];
const isVolatile = (value: unknown): boolean =>
  typeof value === 'string' && volatile.some((pattern) => pattern.test(value));

function compareAnswer(out: Out, answer: Answer, bindings: Bindings): Difference[] {
  if (out.error !== undefined || answer.error !== undefined) {
    const { code, message, detail = null, hint } = out.error ?? { code: '', message: 'no error' };
    const expected = { code, message, detail: withoutId(detail), ...(hint == null ? {} : { hint }) };
    const actual = answer.error && {
      ...answer.error,
      detail: withoutId(answer.error.detail),
      ...(hint == null ? { hint: undefined } : {}),
    };
    return compare(expected, actual && JSON.parse(JSON.stringify(actual)), rule, bindings);
  }
  const firstWord = (tag: string): string =>
    tag.replace(/^(CREATE|DROP|ALTER|TRUNCATE|PREPARE|COMMIT|ROLLBACK) .*/, '$1');
  const recorded = out.rows ?? [];
  const expected = { tag: firstWord(out.tag ?? ''), rows: recorded };
  // Of many rows the recording keeps the first few; the tag has their number.
  const kept = out.tag === `SELECT ${recorded.length}` ? undefined : recorded.length;
  const actual = { tag: firstWord(answer.tag ?? ''), rows: (answer.rows ?? []).slice(0, kept) };
  // Of a long value the recording keeps the beginning and the length.
  return compare(expected, shorten(expected, actual), rule, bindings);
}

/** A request's number: another one in every run, but the same one throughout. */
const requestId = /(^|\.)(id|http_get|http_post|http_delete|nextval|st)$/;

const withoutId = (detail: string | null): string | null =>
  detail?.replace(/^(Failing row contains \()\d+,/, '$1id,') ?? null;

const rule = (path: string, expected: unknown): 'bind' | 'exact' => {
  if (typeof expected === 'number' && requestId.test(path)) return 'bind';
  return isVolatile(expected) ? 'bind' : 'exact';
};

const restored = (answer: Answer, { restore }: PlayOptions): Answer =>
  restore === undefined ? answer : JSON.parse(restore(JSON.stringify(answer)));

const measuredMs = /\d+\.\d{6} ms/g;

function shorten(expected: unknown, actual: unknown): unknown {
  if (typeof expected === 'string' && typeof actual === 'string') {
    // A text that tells how long something took.
    if (expected.replace(measuredMs, '') === actual.replace(measuredMs, '')) return expected;
    const cut = /^([\s\S]*)…\((\d+)( chars)?\)$/.exec(expected);
    return cut === null ? actual : `${actual.slice(0, cut[1]?.length)}…(${actual.length}${cut[3] ?? ''})`;
  }
  if (Array.isArray(expected) && Array.isArray(actual))
    return actual.map((item, index) => shorten(expected[index], item));
  if (isRecord(expected) && isRecord(actual)) {
    return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, shorten(expected[key], value)]));
  }
  return actual;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Recorded ids inside a statement become this run's. */
const substitute = (text: string, bindings: Bindings): string =>
  text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => String(bindings.lookup(id) ?? id));

function bound(value: unknown, bindings: Bindings, translate: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => bound(item, bindings, translate));
  if (typeof value === 'number') return bindings.lookup(String(value)) ?? value;
  return typeof value === 'string' ? (bindings.lookup(value) ?? translate(value)) : value;
}
