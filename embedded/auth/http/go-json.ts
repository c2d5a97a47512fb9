import { badRequest, type Failure } from './failure.ts';

type Kind = 'string' | 'bool' | 'object' | 'strings' | 'any';
/** The name of a body and its fields, as Go's decoder would name them in an error. */
export interface Struct {
  name: string;
  fields: Record<string, Kind>;
}

const goTypes: Record<Kind, string> = {
  string: 'string',
  bool: 'bool',
  object: 'map[string]interface {}',
  strings: '[]string',
  any: 'interface {}',
};

/**
 * A request body, decoded the way Go's encoding/json does it for GoTrue: keys match in any case, the last of two wins,
 * null is the zero value, unknown keys are ignored; a wrong type or bad JSON is 400 bad_json in Go's words.
 */
export class Body {
  readonly #values: Map<string, unknown>;

  private constructor(values: Map<string, unknown>) {
    this.#values = values;
  }

  static parse(text: string, struct: Struct): Body {
    const document = parseJson(text);
    const values = new Map<string, unknown>();
    if (document === null) return new Body(values);
    if (typeof document !== 'object' || Array.isArray(document))
      throw bad(`json: cannot unmarshal ${jsonType(document)} into Go value of type api.${struct.name}`);
    for (const [key, value] of Object.entries(document)) {
      const field = Object.hasOwn(struct.fields, key)
        ? key
        : Object.keys(struct.fields).find((name) => name === key.toLowerCase());
      const kind = field === undefined ? undefined : struct.fields[field];
      if (field === undefined || kind === undefined) continue;
      if (value !== null && !fits(value, kind))
        throw bad(
          `json: cannot unmarshal ${jsonType(value)} into Go struct field ${struct.name}.${field} of type ${goTypes[kind]}`,
        );
      values.set(field, value);
    }
    return new Body(values);
  }

  string(field: string): string {
    const value = this.#values.get(field);
    return typeof value === 'string' ? value : '';
  }

  /** Undefined when absent or null: for fields where the empty string means something. */
  optionalString(field: string): string | undefined {
    const value = this.#values.get(field);
    return typeof value === 'string' ? value : undefined;
  }

  /** Is there a value, other than null and the empty string? */
  has(field: string): boolean {
    const value = this.#values.get(field);
    return value !== undefined && value !== null && value !== '';
  }

  bool(field: string): boolean {
    return this.#values.get(field) === true;
  }

  object(field: string): Record<string, unknown> | undefined {
    const value = this.#values.get(field);
    return isObject(value) ? value : undefined;
  }
}

const surrogateEscape = /\\u[dD][89a-fA-F]/;

function parseJson(text: string): unknown {
  try {
    // Half a surrogate pair is no character: Go puts U+FFFD in its place, and Postgres would refuse it.
    if (!surrogateEscape.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value));
  } catch {
    // Our parser's words are not Go's; what is wrong is found again below.
    throw bad(describeSyntaxError(text));
  }
}

const bad = (detail: string): Failure => badRequest('bad_json', `Could not parse request body as JSON: ${detail}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fits(value: unknown, kind: Kind): boolean {
  if (kind === 'any') return true;
  if (kind === 'object') return isObject(value);
  if (kind === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typeof value === (kind === 'bool' ? 'boolean' : kind);
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const token =
  /[ \t\r\n]*(?:([{}[\],:])|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;

/** Where Go's scanner would stop, in its words: enough states for the texts that callers meet. */
function describeSyntaxError(text: string): string {
  const open: string[] = [];
  let expecting = 'looking for beginning of value';
  let position = 0;
  for (;;) {
    token.lastIndex = position;
    const match = token.exec(text);
    const rest = text.slice(position).replace(/^[ \t\r\n]+/, '');
    if (rest === '') return 'unexpected end of JSON input';
    const mark = match?.[1];
    const wantsValue = expecting.startsWith('looking for beginning');
    if (match === null) return isCutOff(rest) ? 'unexpected end of JSON input' : invalid(rest, expecting);
    if (mark === undefined ? !wantsValue : !isAllowed(mark, expecting, open)) return invalid(rest, expecting);
    position = token.lastIndex;
    if (mark === '{' || mark === '[') open.push(mark);
    if (mark === '}' || mark === ']') open.pop();
    expecting = next(mark, expecting, open);
  }
}

function isAllowed(mark: string, expecting: string, open: string[]): boolean {
  if (mark === '{' || mark === '[') return expecting === 'looking for beginning of value';
  if (mark === ':') return expecting === 'after object key';
  if (mark === ',')
    return expecting.startsWith('after') && expecting !== 'after top-level value' && expecting !== 'after object key';
  return open.at(-1) === (mark === '}' ? '{' : '[');
}

function next(mark: string | undefined, expecting: string, open: string[]): string {
  if (mark === '{') return 'looking for beginning of object key string';
  if (mark === '[' || mark === ':') return 'looking for beginning of value';
  if (mark === ',')
    return open.at(-1) === '{' ? 'looking for beginning of object key string' : 'looking for beginning of value';
  if (expecting === 'looking for beginning of object key string' && mark === undefined) return 'after object key';
  if (open.length === 0) return 'after top-level value';
  return open.at(-1) === '{' ? 'after object key:value pair' : 'after array element';
}

const isCutOff = (rest: string): boolean =>
  /^"(?:[^"\\\p{Cc}]|\\.)*\\?$/u.test(rest) ||
  ['true', 'false', 'null'].some((word) => word.startsWith(rest)) ||
  rest === '-';

/** Go reads bytes: a byte order mark shows as its first byte. */
const invalid = (rest: string, expecting: string): string =>
  `invalid character '${String.fromCharCode(Buffer.from(rest)[0] ?? 0)}' ${expecting}`;
