import { parseQueryString } from '../query/query-string.ts';
import { RestError } from '../rest-error.ts';

/** A body on its way to the database: JSON text (or the raw text for a function's single unnamed parameter). */
export interface Payload {
  text: string;
  /** Top-level keys; all rows have the same. */
  keys: readonly string[];
  /** Of a form: the fields in order, for arguments of functions. */
  form?: readonly (readonly [string, string])[];
}
export type BodyType = 'json' | 'csv' | 'form' | 'text' | 'xml' | 'binary' | 'other';

const types: Readonly<Record<string, BodyType>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/x-www-form-urlencoded': 'form',
  'text/plain': 'text',
  'text/xml': 'xml',
  'application/octet-stream': 'binary',
};

/** The kind of body by its `Content-Type`; none counts as JSON. */
export const bodyType = (header: string | undefined): BodyType =>
  header === undefined ? 'json' : (types[(header.split(';')[0] ?? '').trim().toLowerCase()] ?? 'other');

const refuse = (message: string): RestError => new RestError({ status: 400, code: 'PGRST102', message });
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// JavaScript reads the body only to learn its keys; the text goes to the database as it came, every digit kept.
function jsonPayload(text: string): Payload {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse('Empty or invalid json');
    throw error;
  }
  if (isObject(value)) return { text, keys: Object.keys(value) };
  if (!Array.isArray(value)) return { text: '[]', keys: [] };
  const rows: unknown[] = value;
  const [first] = rows;
  if (rows.length === 0) return { text: '[]', keys: [] };
  if (!isObject(first)) throw refuse('All object keys must match');
  const keys = Object.keys(first);
  const same = rows.every((row) => {
    if (!isObject(row)) return false;
    const own = Object.keys(row);
    return own.length === keys.length && own.every((key) => Object.hasOwn(first, key));
  });
  if (!same) throw refuse('All object keys must match');
  return { text, keys };
}

/** RFC 4180 rows; quotes double inside quotes. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    const [whole, value = '', separator = ''] = match;
    if (whole === '' && rows.at(-1)?.length === 0) break;
    rows.at(-1)?.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (separator === '') break;
    if (separator !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

function csvPayload(text: string): Payload {
  const [header, ...rows] = csvRows(text);
  if (header === undefined) throw refuse('not enough input');
  const objects = rows.map((row) =>
    Object.fromEntries(
      row.slice(0, header.length).map((value, index) => [header[index] ?? '', value === 'NULL' ? null : value]),
    ),
  );
  return { text: JSON.stringify(objects), keys: [...new Set(header)] };
}

function formPayload(text: string): Payload {
  const form = parseQueryString(text).map(([name, value]) => [name, value ?? ''] as const);
  const object = Object.fromEntries(form);
  return { text: JSON.stringify(object), keys: Object.keys(object), form };
}

/** Reads a body. `columns` given: keys are those, and the JSON is left to the database to judge. */
export function readPayload(
  body: Buffer,
  header: string | undefined,
  options: { columns: readonly string[] | undefined; call: boolean },
): Payload {
  const type = bodyType(header);
  const text = body.toString('utf8');
  switch (type) {
    case 'json': {
      if (options.call && text === '') return { text: '{}', keys: [] };
      return options.columns === undefined ? jsonPayload(text) : { text, keys: options.columns };
    }
    case 'csv':
      return csvPayload(text);
    case 'form':
      return formPayload(text);
    case 'text':
    case 'xml':
      if (options.call) return { text, keys: [] };
      break;
    case 'binary':
      if (options.call) return { text: `\\x${body.toString('hex')}`, keys: [] };
      break;
    case 'other':
      break;
  }
  throw refuse(`Content-Type not acceptable: ${(header ?? '').split(';')[0]?.trim()}`);
}
