import type { RowRange } from '../query/model.ts';
import { RestError } from '../rest-error.ts';

const unsatisfiable = (details: string): RestError =>
  new RestError({ status: 416, code: 'PGRST103', message: 'Requested range not satisfiable', details });

/** `Range: 0-9` or `Range: 10-`; any other form is ignored. */
export function parseRangeHeader(text: string | undefined): RowRange | undefined {
  const match = text === undefined ? null : /^(\d+)-(\d*)$/.exec(text);
  if (match === null) return undefined;
  const [, from = '', to = ''] = match;
  const offset = Number(from);
  if (to === '') return { offset };
  const limit = Number(to) - offset + 1;
  if (limit <= 0)
    throw unsatisfiable('The lower boundary must be lower than or equal to the upper boundary in the Range header.');
  return { offset, limit };
}

const ends = (range: RowRange): number =>
  range.limit === undefined ? Number.POSITIVE_INFINITY : range.offset + range.limit;

/** The rows of the root that header and `limit`/`offset` both ask for. */
export function intersect(header: RowRange | undefined, query: RowRange | undefined): RowRange {
  if (query?.limit !== undefined && query.limit < 0)
    throw unsatisfiable('Limit should be greater than or equal to zero.');
  if (header === undefined) return query ?? { offset: 0 };
  if (query === undefined) return header;
  const offset = Math.max(header.offset, query.offset);
  const end = Math.min(ends(header), ends(query));
  if (end === Number.POSITIVE_INFINITY) return { offset };
  if (end <= offset && query.limit !== 0) throw unsatisfiable('Limit should be greater than or equal to zero.');
  return { offset, limit: Math.max(0, end - offset) };
}

/** The range cut to `maximum` rows. */
export const restrict = (range: RowRange, maximum: number | undefined): RowRange =>
  maximum === undefined ? range : { ...range, limit: Math.min(range.limit ?? maximum, maximum) };

/** `Content-Range`: `0-9/42`, `*` for no rows and for an unknown total. */
export function contentRange(first: number, last: number, total: number | undefined): string {
  const rows = total !== 0 && first <= last ? `${first}-${last}` : '*';
  return `${rows}/${total ?? '*'}`;
}

/** Status and `Content-Range` of rows that were read. */
export function readRange(
  range: RowRange,
  rows: number,
  total: number | undefined,
): { status: number; header: string } {
  const last = range.offset + rows - 1;
  const status = total === undefined ? 200 : range.offset > total ? 416 : rows < total ? 206 : 200;
  return { status, header: contentRange(range.offset, last, total) };
}

/** The body of a 416 when the offset lies beyond the counted rows; it keeps the headers of a read. */
export const beyondEnd = (offset: number, total: number): string =>
  unsatisfiable(`An offset of ${offset} was requested, but there are only ${total} rows.`).toBody();
