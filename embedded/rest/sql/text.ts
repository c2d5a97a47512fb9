import type { QualifiedName } from '../schema/model.ts';

/** Text up to the first NUL: SQL text is a C string and a text value holds none, as with PostgREST. */
const untilNul = (text: string): string => {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
};

/** A quoted identifier. */
export const identifier = (name: string): string => `"${untilNul(name).replaceAll('"', '""')}"`;
/** A qualified, quoted name; the schema may be empty for names of the query itself. */
export const qualified = ({ schema, name }: QualifiedName): string =>
  schema === '' ? identifier(name) : `${identifier(schema)}.${identifier(name)}`;
/** A string constant, for names that come from the catalog. */
export const literal = (text: string): string => {
  const quoted = `'${untilNul(text).replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
};

/** The values of a statement; SQL text holds only their numbers. */
export class Values {
  readonly list: string[] = [];

  /** Adds a value and gives its placeholder. Its type is left to Postgres to infer. */
  add(value: string): string {
    this.list.push(untilNul(value));
    return `$${this.list.length}`;
  }
}

/** `{"a","b"}`, for `= ANY ($1)`. */
export const arrayLiteral = (values: readonly string[]): string =>
  `{${values.map((value) => `"${untilNul(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
