import { type Answer, readRow } from '../answer/answer.ts';
import { withSqlResponse } from '../answer/sql-headers.ts';
import { planCount, resolveTotal } from '../db/row-count.ts';
import { type MediaType, negotiate } from '../http/media-type.ts';
import { bodyType, type Payload, readPayload } from '../http/payload.ts';
import { appliedHeader, type Preferences, parsePreferences } from '../http/preferences.ts';
import { beyondEnd, intersect, parseRangeHeader, readRange } from '../http/range.ts';
import { planCall } from '../plan/call.ts';
import { findRoutine } from '../plan/find-routine.ts';
import type { CallPlan, ReadPlan } from '../plan/model.ts';
import { planRead } from '../plan/read.ts';
import type { RowRange } from '../query/model.ts';
import { parseRequestQuery } from '../query/request-query.ts';
import type { Routine } from '../schema/model.ts';
import type { Context } from '../service.ts';
import { answerSql, bodyOf } from '../sql/answer.ts';
import { callSql } from '../sql/call.ts';
import { readSql } from '../sql/read.ts';
import { Values } from '../sql/text.ts';
import { atMost } from './mutate.ts';
import { exactlyOne } from './read.ts';

interface PlannedCall {
  routine: Routine;
  read: ReadPlan;
  call: CallPlan;
  preferences: Preferences;
  media: MediaType;
  rootRange: RowRange;
  readOnly: boolean;
}

function planned(context: Context): PlannedCall {
  const { request, cache, config } = context;
  const posted = request.method === 'POST';
  const query = parseRequestQuery(request.parameters, !posted);
  const rootRange = intersect(
    request.method === 'GET' ? parseRangeHeader(request.headers.range) : undefined,
    query.ranges.find(({ path }) => path.length === 0)?.value,
  );
  const type = request.headers['content-type'];
  const payload: Payload | undefined = posted
    ? readPayload(context.body, type, { columns: query.columns, call: true })
    : undefined;
  const preferences = parsePreferences(request.headers.prefer?.toString());
  const name = { schema: request.schema, name: request.target.kind === 'routine' ? request.target.name : '' };
  const keys = payload === undefined ? query.arguments.map(([key]) => key) : payload.keys;
  const routine = findRoutine(cache, name, keys, posted ? bodyType(type) : undefined);
  const read = planRead(cache, routine.table ?? name, query, {
    rootFilters: true,
    limited: true,
    source: true,
    maxRows: config.maxRows,
    aggregates: config.aggregates,
    rootRange,
  });
  const call = planCall(routine, payload === undefined ? { arguments: query.arguments } : { payload }, read);
  const readOnly = !posted || routine.volatility !== 'volatile';
  return { routine, read, call, preferences, media: negotiate(request.headers.accept), rootRange, readOnly };
}

/** A function, by POST, GET or HEAD. */
export async function call(context: Context): Promise<Answer> {
  const { routine, read, call: plan, preferences, media, rootRange, readOnly } = planned(context);
  const { maxRows } = context.config;
  const values = new Values();
  const source = callSql(plan, values);
  const readText = readSql(read, values);
  const count = planCount(preferences.count === undefined ? undefined : 'exact', read, maxRows);
  const text = answerSql({
    source,
    read: readText,
    body: context.request.method === 'HEAD' ? undefined : bodyOf(media, routine),
    count: count.inQuery?.(values),
    checks: [...(media.kind === 'object' ? [exactlyOne] : []), ...atMost(preferences)],
  });
  const rows = await context.query([{ text, values: values.list }], {
    readOnly,
    timezone: preferences.timezone,
    settings: plan.settings,
  });
  const row = readRow(rows[0] ?? []);
  const total = resolveTotal(preferences.count, row.total, undefined, undefined);
  const range = readRange(rootRange, row.rows, total);
  const applied = appliedHeader(preferences, ['count', 'handling', 'timezone', 'maxAffected']);
  const headers = {
    'content-range': range.header,
    ...(applied === undefined ? {} : { 'preference-applied': applied }),
  };
  const body = range.status === 416 ? beyondEnd(rootRange.offset, total ?? 0) : row.body;
  if (routine.returns === 'void') return withSqlResponse({ status: 204, headers, body: '' }, row);
  return withSqlResponse(
    { status: range.status, headers: { ...headers, 'content-type': media.contentType }, body },
    row,
  );
}
