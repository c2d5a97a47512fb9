export const operators = [
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
] as const;
type Operator = (typeof operators)[number];

/** One condition of a binding's filter, as written. */
export interface Filter {
  column: string;
  op: Operator;
  /** One value, except for `in`. */
  values: string[];
  negate: boolean;
  /** The value's own text, for messages. */
  raw: string;
}

/** A filter that the database has checked: values in canonical text, and the column's type. */
export interface CheckedFilter extends Omit<Filter, 'raw'> {
  type: string;
}

export type ParsedFilters = { ok: true; filters: Filter[] } | { ok: false; rest: string[] };

/**
 * Parses `column=op.value[,column=op.value]`. `not.` before the operator negates; a value with a comma is quoted.
 * On failure `rest` holds the parts that could not be read.
 */
export function parseFilters(text: string): ParsedFilters {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, filters: [] };
  const filters: Filter[] = [];
  for (const part of splitTop(trimmed)) {
    const filter = parseFilter(part);
    if (filter === undefined) return { ok: false, rest: [part] };
    filters.push(filter);
  }
  return { ok: true, filters };
}

function parseFilter(part: string): Filter | undefined {
  const match = /^([^=]+)=(not\.)?([a-z]+)\.(.*)$/s.exec(part);
  if (match === null) return undefined;
  const [, column = '', not, name = '', raw = ''] = match;
  const op = operators.find((known) => known === name);
  if (op === undefined) return undefined;
  if (op !== 'in') return { column: column.trim(), op, values: [unquote(raw)], negate: not !== undefined, raw };
  const list = /^\((.*)\)$/s.exec(raw);
  if (list === null) return undefined;
  const inner = list[1] ?? '';
  const values = inner === '' ? [] : splitTop(inner).map((value) => unquote(value.trim()));
  return { column: column.trim(), op, values, negate: not !== undefined, raw };
}

/** Splits at commas that are neither quoted nor in parentheses. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === '(') depth += 1;
    else if (!quoted && char === ')') depth -= 1;
    else if (!quoted && depth === 0 && char === ',') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const unquote = (value: string): string =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1).replace(/\\(["\\])/g, '$1')
    : value;

const textual = new Set(['integer', 'smallint', 'bigint', 'uuid', 'text', 'boolean', 'date']);
const integral = new Set(['integer', 'smallint', 'bigint']);
const orders: Partial<Record<Operator, (a: bigint, b: bigint) => boolean>> = {
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
};

/**
 * Decides a filter on the text of a value without the database, where equal text means equal value (or the type is an
 * integer); undefined when only the database can tell. Null matches nothing, negated or not.
 */
export function matchLocally(filter: CheckedFilter, text: string | null): boolean | undefined {
  const { op, type, values } = filter;
  const known = (matches: boolean): boolean => text !== null && matches !== filter.negate;
  if (textual.has(type)) {
    if (op === 'eq') return known(text === canonical(type, values[0] ?? ''));
    if (op === 'neq') return known(text !== canonical(type, values[0] ?? ''));
    if (op === 'in') return known(values.some((value) => text === canonical(type, value)));
  }
  const order = orders[op];
  if (order !== undefined && integral.has(type)) {
    return text === null ? false : known(order(BigInt(text), BigInt(values[0] ?? '0')));
  }
  if (op === 'is' && values[0]?.toLowerCase() === 'null') return (text === null) !== filter.negate;
  return undefined;
}

/** A cast to text says true and false, the output function t and f. */
const canonical = (type: string, value: string): string => (type === 'boolean' ? value.charAt(0) : value);
