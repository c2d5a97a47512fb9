import { z } from 'zod';
import { ApiProblem } from './problem.ts';

// The position of the last row of a page: newest first, ties broken by id. New rows come before it, so a page that
// follows stays the same under inserts.
const positionSchema = z.tuple([z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/), z.uuid()]);

const encode = (row: { created_at: string; id: string }): string =>
  Buffer.from(JSON.stringify([row.created_at, row.id])).toString('base64url');

function decode(cursor: string): z.output<typeof positionSchema> {
  try {
    return positionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new ApiProblem(
      400,
      {
        code: 'cursor_invalid',
        message: 'The cursor is not one of ours.',
        suggestion: 'Start again without a cursor.',
      },
      { cause },
    );
  }
}

interface Pageable<Query> {
  or(filter: string): Query;
  order(column: string, options: { ascending: boolean }): Query;
  limit(count: number): Query;
}

/** Narrows a query to the page after `cursor`, one row longer than asked, to see whether there is another page. */
export function paginate<Query extends Pageable<Query>>(
  query: Query,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Query {
  let narrowed = query;
  if (cursor !== undefined) {
    const [at, id] = decode(cursor);
    narrowed = narrowed.or(`created_at.lt."${at}",and(created_at.eq."${at}",id.lt.${id})`);
  }
  return narrowed
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .limit(limit + 1);
}

/** The page's items and the cursor of the next one. */
export function toPage<Row extends { created_at: string; id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last !== undefined ? encode(last) : null };
}
