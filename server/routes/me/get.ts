import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { meSchema } from '../../../contracts/api/auth.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { membershipColumns, membershipRowSchema, toMembership } from '../../rows/membership.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/me',
  tags: ['Auth'],
  summary: 'Who is calling, and in which accounts',
  security: bearer,
  responses: { 200: jsonAnswer(meSchema, 'The caller'), ...problems },
});

export const getMe: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { userId, email, applicationTokenId, db } = c.get('caller');
    const query = db.from('accounts_memberships').select(membershipColumns).eq('user_id', userId).order('created_at');
    const rows = await fetchRows(query, z.array(membershipRowSchema));
    return c.json({ user: { id: userId, email }, accounts: rows.map(toMembership), applicationTokenId }, 200);
  });
