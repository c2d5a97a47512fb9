import { z } from 'zod';
import type { Exchange } from '../http/exchange.ts';
import { badRequest } from '../http/failure.ts';
import { ok, type Reply } from '../http/reply.ts';
import { renderUser, userColumns, userSchema } from '../user/user.ts';

const defaultPerPage = 50;
const listedSchema = userSchema.extend({ identities: z.null() });

/** GET /admin/users?page=&per_page=&filter=&sort= : newest first, 50 a page, totals in headers. */
export async function listUsers(exchange: Exchange): Promise<Reply> {
  const { database } = exchange.service;
  const page = Math.max(1, parseUint(exchange, 'page') ?? 1);
  const perPage = parseUint(exchange, 'per_page') ?? defaultPerPage;
  if (perPage === 0) throw badRequest('validation_failed', 'Bad Pagination Parameters: per_page must be at least 1');
  const direction = parseSort(exchange.query.get('sort'));
  const audience = await exchange.audience();
  const filter = exchange.query.get('filter') ?? '';
  const like = filter === '' ? null : `%${filter}%`;
  const where = `u.instance_id = '00000000-0000-0000-0000-000000000000' and u.aud = $1
    and ($2::text is null or u.email like $2 or u.raw_user_meta_data ->> 'full_name' ilike $2)`;
  const [total, users] = await Promise.all([
    database.rows(
      'count-users',
      `select count(*)::int as total from auth.users u where ${where}`,
      [audience, like],
      z.object({ total: z.number() }),
    ),
    database.rows(
      `list-users-${direction}`,
      `select ${userColumns}, null as identities from auth.users u where ${where} order by u.created_at ${direction}, u.id limit $3 offset $4`,
      [audience, like, perPage, (page - 1) * perPage],
      listedSchema,
    ),
  ]);
  const count = total[0]?.total ?? 0;
  return ok(
    { users: users.map((user) => renderUser(user)), aud: audience },
    { 'x-total-count': String(count), link: links(exchange, page, Math.ceil(count / perPage)) },
  );
}

function parseUint(exchange: Exchange, name: string): number | undefined {
  const text = exchange.query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(
      'validation_failed',
      `Bad Pagination Parameters: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw badRequest(
      'validation_failed',
      `Bad Pagination Parameters: strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`,
    );
  return value;
}

function parseSort(sort: string | null): 'asc' | 'desc' {
  if (sort === null || sort === '') return 'desc';
  const [field = '', direction = ''] = sort.split(' ');
  if (field !== 'created_at')
    throw badRequest('validation_failed', `Bad Sort Parameters: bad field for sort '${field}'`);
  if (direction === '' || direction === 'desc') return 'desc';
  if (direction === 'asc') return 'asc';
  throw badRequest(
    'validation_failed',
    `Bad Sort Parameters: bad direction for sort '${direction}', only 'asc' and 'desc' allowed`,
  );
}

/** The Link header: relative, with the caller's own parameters, sorted by name. */
function links(exchange: Exchange, page: number, pages: number): string {
  const link = (target: number, rel: string): string => {
    const query = new URLSearchParams(exchange.query);
    query.set('page', String(target));
    query.sort();
    return `</admin/users?${query}>; rel="${rel}"`;
  };
  // Page 0 acts as page 1, and its next page is 1: as the real server says it.
  const asked = exchange.query.get('page') === '0' ? 0 : page;
  return [...(asked < pages ? [link(asked + 1, 'next')] : []), link(pages, 'last')].join(', ');
}
