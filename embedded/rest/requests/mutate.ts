import { type Answer, type AnswerRow, readRow } from '../answer/answer.ts';
import { withSqlResponse } from '../answer/sql-headers.ts';
import { negotiate } from '../http/media-type.ts';
import { readPayload } from '../http/payload.ts';
import { appliedHeader, type PreferenceName, type Preferences, parsePreferences } from '../http/preferences.ts';
import { contentRange } from '../http/range.ts';
import { findTable } from '../plan/find-table.ts';
import type { MutatePlan } from '../plan/model.ts';
import { planMutation } from '../plan/mutate.ts';
import { planRead } from '../plan/read.ts';
import { parseRequestQuery } from '../query/request-query.ts';
import { RestError } from '../rest-error.ts';
import type { Context } from '../service.ts';
import { answerSql, bodyOf, type RowCheck } from '../sql/answer.ts';
import { mutateSql } from '../sql/mutate.ts';
import { readSql } from '../sql/read.ts';
import { Values } from '../sql/text.ts';
import { exactlyOne } from './read.ts';

const kinds = { POST: 'insert', PUT: 'put', PATCH: 'update', DELETE: 'delete' } as const;
type Writing = keyof typeof kinds;
const isWriting = (method: string): method is Writing => method in kinds;

const appliedPreferences: Readonly<Record<MutatePlan['kind'], readonly PreferenceName[]>> = {
  insert: ['resolution', 'missing', 'return', 'count', 'handling', 'timezone'],
  put: ['return', 'count', 'handling', 'timezone'],
  update: ['missing', 'return', 'count', 'handling', 'timezone', 'maxAffected'],
  delete: ['return', 'count', 'handling', 'timezone', 'maxAffected'],
};

/** A write may not touch more rows than `max-affected` says, in strict handling. */
export const atMost = (preferences: Preferences): RowCheck[] => {
  const { maxAffected, handling } = preferences;
  if (maxAffected === undefined || handling !== 'strict') return [];
  return [{ code: 'PGRST124', holds: (n) => `${n} <= ${maxAffected}` }];
};

function statusOf(plan: MutatePlan, preferences: Preferences, row: AnswerRow): number {
  const full = preferences.return === 'representation';
  switch (plan.kind) {
    case 'insert':
      return plan.conflict?.merge === true && row.inserted <= 0 ? 200 : 201;
    case 'put':
      return row.inserted > 0 ? 201 : full ? 200 : 204;
    case 'update':
    case 'delete':
      return full ? 200 : 204;
  }
}

function rangeOf(plan: MutatePlan, preferences: Preferences, row: AnswerRow): Record<string, string> {
  const total = preferences.count === undefined ? undefined : row.rows;
  if (plan.kind === 'put') return {};
  return { 'content-range': plan.kind === 'update' ? contentRange(0, row.rows - 1, total) : contentRange(1, 0, total) };
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

function locationOf(plan: MutatePlan, row: AnswerRow): Record<string, string> {
  if (row.location === undefined) return {};
  const key: unknown = JSON.parse(row.location);
  if (typeof key !== 'object' || key === null) return {};
  const parts = Object.entries(key).map(
    ([column, value]) => `${encode(column)}=${value === null ? 'is.null' : `eq.${encode(String(value))}`}`,
  );
  return parts.length === 0 ? {} : { location: `/${encode(plan.table.name)}?${parts.join('&')}` };
}

/** POST, PUT, PATCH and DELETE of a table or view. */
export async function mutate(context: Context): Promise<Answer> {
  const { request, cache, config } = context;
  if (!isWriting(request.method)) throw new Error(`${request.method} does not write`);
  const kind = kinds[request.method];
  const query = parseRequestQuery(request.parameters, false);
  if (kind === 'put' && query.ranges.some(({ path }) => path.length === 0))
    throw new RestError({
      status: 400,
      code: 'PGRST114',
      message: 'limit/offset querystring parameters are not allowed for PUT',
    });
  const payload =
    kind === 'delete'
      ? undefined
      : readPayload(context.body, request.headers['content-type'], { columns: query.columns, call: false });
  const preferences = parsePreferences(request.headers.prefer?.toString());
  const name = { schema: request.schema, name: request.target.kind === 'relation' ? request.target.name : '' };
  const table = findTable(cache, name);
  const read = planRead(cache, table, query, {
    rootFilters: false,
    limited: false,
    source: true,
    maxRows: undefined,
    aggregates: config.aggregates,
    rootRange: { offset: 0 },
  });
  const plan = planMutation(kind, table, { query, payload, preferences }, read);
  const media = negotiate(request.headers.accept);

  const full = preferences.return === 'representation';
  const values = new Values();
  const source = mutateSql(plan, values);
  const text = answerSql({
    source,
    read: plan.returning.length === 0 ? undefined : readSql(read, values),
    body: full ? bodyOf(media, undefined) : undefined,
    count: undefined,
    locationOf: kind === 'insert' && preferences.return === 'headers-only' ? table.primaryKey : undefined,
    checks: [
      ...(media.kind === 'object' ? [exactlyOne] : []),
      ...(kind === 'put' ? [{ code: 'PGRST115' as const, holds: (n: string) => `${n} = 1` }] : []),
      ...(kind === 'update' || kind === 'delete' ? atMost(preferences) : []),
    ],
  });
  const rows = await context.query([{ text, values: values.list }], {
    readOnly: false,
    timezone: preferences.timezone,
  });
  const row = readRow(rows[0] ?? []);
  const applied = appliedHeader(
    plan.conflict === undefined || kind === 'put' ? { ...preferences, resolution: undefined } : preferences,
    appliedPreferences[kind],
  );
  const headers = {
    ...locationOf(plan, row),
    ...rangeOf(plan, preferences, row),
    ...(applied === undefined ? {} : { 'preference-applied': applied }),
    ...(full ? { 'content-type': media.contentType } : {}),
  };
  return withSqlResponse({ status: statusOf(plan, preferences, row), headers, body: full ? row.body : '' }, row);
}
