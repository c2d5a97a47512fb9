import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { memberSchema } from '../../../contracts/member.ts';
import { pageQuerySchema, pageSchema, uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPageBy } from '../../http/cursor.ts';
import { memberRowSchema, toMember } from '../../rows/member.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';

const route = createRoute({
  method: 'get',
  path: '/members',
  tags: ['Members'],
  summary: 'Members of an account, newest first',
  security: bearer,
  request: { query: pageQuerySchema.extend({ accountId: uuidSchema.optional() }) },
  responses: { 200: jsonAnswer(pageSchema(memberSchema), 'A page'), ...problems },
});

export const listMembers: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { accountId, ...page } = c.req.valid('query');
    const members = db.rpc('list_members', { p_account_id: accountId ?? (await soleAccountId(db)) });
    const rows = await fetchRows(
      paginate(members, page, { at: 'created_at', id: 'user_id' }),
      z.array(memberRowSchema),
    );
    return c.json(
      toPageBy(rows, page.limit, toMember, (row) => [row.created_at, row.user_id]),
      200,
    );
  });
