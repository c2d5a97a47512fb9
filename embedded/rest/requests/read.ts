import { type Answer, readRow } from '../answer/answer.ts';
import { withSqlResponse } from '../answer/sql-headers.ts';
import { planCount, resolveTotal } from '../db/row-count.ts';
import { contentLocation } from '../http/api-request.ts';
import { negotiate } from '../http/media-type.ts';
import { appliedHeader, parsePreferences } from '../http/preferences.ts';
import { beyondEnd, intersect, parseRangeHeader, readRange } from '../http/range.ts';
import { findTable } from '../plan/find-table.ts';
import { planRead } from '../plan/read.ts';
import { parseRequestQuery } from '../query/request-query.ts';
import { RestError } from '../rest-error.ts';
import type { Context } from '../service.ts';
import { answerSql, bodyOf, type RowCheck } from '../sql/answer.ts';
import { readSql } from '../sql/read.ts';
import { Values } from '../sql/text.ts';

/** Exactly one row, for `Accept: application/vnd.pgrst.object+json`. */
export const exactlyOne: RowCheck = { code: 'PGRST116', holds: (n) => `${n} = 1` };

/** GET and HEAD of a table or view. */
export async function read(context: Context): Promise<Answer> {
  const { request, cache, config } = context;
  const query = parseRequestQuery(request.parameters, false);
  const header = request.headers.range;
  const rootRange = intersect(
    request.method === 'GET' ? parseRangeHeader(header) : undefined,
    query.ranges.find(({ path }) => path.length === 0)?.value,
  );
  const preferences = parsePreferences(request.headers.prefer?.toString());
  const name = { schema: request.schema, name: request.target.kind === 'relation' ? request.target.name : '' };
  const table = findTable(cache, name);
  const { maxRows, aggregates } = config;
  const plan = planRead(cache, table, query, {
    rootFilters: true,
    limited: true,
    source: false,
    maxRows,
    aggregates,
    rootRange,
  });
  const media = negotiate(request.headers.accept);

  const values = new Values();
  const source = readSql(plan, values);
  const count = planCount(preferences.count, plan, maxRows);
  const text = answerSql({
    source,
    read: undefined,
    body: request.method === 'HEAD' ? undefined : bodyOf(media, undefined),
    count: count.inQuery?.(values),
    checks: [],
  });
  const rows = await context.query(
    [{ text, values: values.list }, ...(count.explain === undefined ? [] : [count.explain])],
    { readOnly: true, timezone: preferences.timezone },
  );
  const row = readRow(rows[0] ?? []);
  if (media.kind === 'object' && row.rows !== 1)
    throw new RestError({
      status: 406,
      code: 'PGRST116',
      message: 'Cannot coerce the result to a single JSON object',
      details: `The result contains ${row.rows} rows`,
    });
  const total = resolveTotal(preferences.count, row.total, rows[1], maxRows);
  const range = readRange(rootRange, row.rows, total);
  const applied = appliedHeader(preferences, ['count', 'handling', 'timezone']);
  const headers = {
    'content-range': range.header,
    'content-location': contentLocation(request),
    'content-type': media.contentType,
    ...(applied === undefined ? {} : { 'preference-applied': applied }),
  };
  const body = range.status === 416 ? beyondEnd(rootRange.offset, total ?? 0) : row.body;
  return withSqlResponse({ status: range.status, headers, body }, row);
}
