import { z } from 'zod';
import { ApiProblem } from './problem.ts';

// The position of the last row of a page: newest first, ties broken by id. New rows come before it, so a page that
// follows stays the same under inserts.
const positionSchema = z.tuple([
  z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/),
  z.union([z.uuid(), z.int()]),
]);
type Position = z.output<typeof positionSchema>;

const encode = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): Position {
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

/** The columns a list is in the order of: when, and what tells two of the same moment apart. */
interface Order {
  at: string;
  id: string;
}
const byCreation: Order = { at: 'created_at', id: 'id' };

/** Narrows a query to the page after `cursor`, one row longer than asked, to see whether there is another page. */
export function paginate<Query extends Pageable<Query>>(
  query: Query,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  order: Order = byCreation,
): Query {
  let narrowed = query;
  if (cursor !== undefined) {
    const [at, id] = decode(cursor);
    narrowed = narrowed.or(`${order.at}.lt."${at}",and(${order.at}.eq."${at}",${order.id}.lt.${id})`);
  }
  return narrowed
    .order(order.at, { ascending: false })
    .order(order.id, { ascending: false })
    .limit(limit + 1);
}

/** The same for a function that narrows itself: its arguments. */
export function pageArguments({ cursor, limit }: { cursor?: string | undefined; limit: number }): {
  p_before_at?: string;
  p_before_id?: Position[1];
  p_limit: number;
} {
  if (cursor === undefined) return { p_limit: limit + 1 };
  const [at, id] = decode(cursor);
  return { p_before_at: at, p_before_id: id, p_limit: limit + 1 };
}

/** The page's items and the cursor of the next one. */
export function toPage<Row extends { created_at: string; id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  return toPageBy(rows, limit, toItem, (row) => [row.created_at, row.id]);
}

/** The same for rows in another order than that of their creation. */
export function toPageBy<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  positionOf: (row: Row) => Position,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encode(positionOf(last)) : null;
  return { items: shown.map(toItem), nextCursor };
}
