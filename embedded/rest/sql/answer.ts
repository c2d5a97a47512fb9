import type { MediaType } from '../http/media-type.ts';
import { sourceName } from '../plan/model.ts';
import type { Routine } from '../schema/model.ts';
import { literal } from './text.ts';

const rows = '_postgrest_t';

// Header and rows come from the same row type. PostgREST takes the header of a function's CSV from another one.
const csvSql = `(SELECT coalesce(string_agg(k, ','), '') FROM json_object_keys(json_agg(${rows})->0) k) || E'\\n' || coalesce(string_agg(substring(${rows}::text, 2, length(${rows}::text) - 2), E'\\n'), '')`;

/** The aggregate that renders all rows as the body. The database makes the JSON. */
export function bodyOf(media: MediaType, routine: Routine | undefined): string {
  const scalar = routine !== undefined && routine.returns !== 'composite';
  const column = scalar ? `${rows}.pgrst_scalar` : rows;
  const strip = (sql: string): string => (media.stripNulls ? `json_strip_nulls(${sql})` : sql);
  const one = routine !== undefined && !routine.returnsSet;
  switch (media.kind) {
    case 'csv':
      return csvSql;
    case 'geojson':
      return `json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(${rows})::json), '[]'))`;
    case 'object':
      return `coalesce(${strip(`json_agg(${column})->0`)}, 'null')`;
    case 'json':
    case 'array':
      return one
        ? `coalesce(${strip(`json_agg(${column})->0`)}, 'null')`
        : `coalesce(${strip(`json_agg(${column})`)}, '[]')`;
  }
}

/** What must hold of the number of rows; otherwise the statement fails and the transaction rolls back. */
export interface RowCheck {
  code: 'PGRST115' | 'PGRST116' | 'PGRST124';
  /** SQL over the number of rows `n`. */
  holds: (n: string) => string;
}

/** The error text that a failed check gives: a cast that cannot succeed, since SQL alone cannot raise. */
export const failedCheck = /^invalid input syntax for type integer: "sfp-rest (PGRST\d{3}) (\d+)"$/;

const checkSql = ({ code, holds }: RowCheck, n: string): string =>
  `CASE WHEN ${holds(n)} THEN 0 ELSE ('sfp-rest ${code} ' || ${n})::int END`;

/**
 * The whole query: `source` gives the rows (or writes), `read` shapes them from there, one row of text comes back. So
 * the type of the result never changes, and a cached plan stays valid when a table does. Its columns are read by
 * answer/answer.ts: total, rows, body, headers, status, location, inserted.
 */
export function answerSql(parts: {
  source: string;
  read: string | undefined;
  body: string | undefined;
  count: string | undefined;
  /** Primary key of the created row, for `Location`. */
  locationOf?: readonly string[] | undefined;
  checks: readonly RowCheck[];
}): string {
  const counted = parts.count === undefined ? '' : `, pgrst_source_count AS (${parts.count})`;
  const total = parts.count === undefined ? 'NULL' : '(SELECT pg_catalog.count(*) FROM pgrst_source_count)::text';
  const n = `pg_catalog.count(${rows})`;
  const keys = (parts.locationOf ?? []).map(literal).join(', ');
  const location =
    keys === ''
      ? 'NULL'
      : `(SELECT json_object_agg(j.key, j.value)::text FROM (SELECT row_to_json(s) AS row FROM ${sourceName} s LIMIT 1) d, json_each_text(d.row) j WHERE j.key IN (${keys}))`;
  const checks = parts.checks.map((check) => `, ${checkSql(check, n)}`).join('');
  return `WITH ${sourceName} AS (${parts.source})${counted} SELECT ${total}, ${n}::text, ${parts.body === undefined ? "''" : `(${parts.body})::text`}, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), ${location}, nullif(pg_catalog.current_setting('pgrst.inserted', true), '')${checks} FROM (${parts.read ?? `SELECT * FROM ${sourceName}`}) ${rows}`;
}
