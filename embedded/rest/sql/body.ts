import { identifier, literal, type Values } from './text.ts';

export interface TypedName {
  name: string;
  type: string;
  default?: string | undefined;
}

const isObject = (json: string): boolean => /^[ \t\n\r]*\{/.test(json);

/**
 * FROM that reads a JSON body into typed columns of `pgrst_body`. The database reads the JSON: numbers keep every digit,
 * and values are coerced as the column's type does it.
 */
export function bodySql(
  body: string,
  columns: readonly TypedName[],
  values: Values,
  options: { applyDefaults?: boolean; oneRow?: boolean } = {},
): string {
  const object = isObject(body);
  const defaults = options.applyDefaults === true;
  const json = defaults ? 'jsonb' : 'json';
  const source = `FROM (SELECT ${values.add(body)}::${json} AS json_data) pgrst_payload`;
  const defaultPairs = columns.flatMap((column) =>
    column.default === undefined ? [] : [`${literal(column.name)}, ${column.default}`],
  );
  const filled = `jsonb_build_object(${defaultPairs.join(', ')})`;
  const withDefaults = !defaults
    ? ''
    : object
      ? `, LATERAL (SELECT ${filled} || pgrst_payload.json_data AS val) pgrst_json_defs`
      : `, LATERAL (SELECT jsonb_agg(${filled} || elem) AS val FROM jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_json_defs`;
  const data = defaults ? 'pgrst_json_defs.val' : 'pgrst_payload.json_data';
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const rows =
    columns.length === 0
      ? object
        ? '(VALUES (1)) _'
        : `${json}_array_elements(${data}) _`
      : `${json}_to_record${object ? '' : 'set'}(${data}) AS _(${columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`;
  return `${source}${withDefaults}, LATERAL (SELECT ${names} FROM ${rows}${options.oneRow === true ? ' LIMIT 1' : ''}) pgrst_body`;
}
