import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { invitationSchema, invitationStateSchema } from '../../../contracts/invitation.ts';
import { pageQuerySchema, pageSchema, uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { invitationColumns, invitationRowSchema, toInvitation } from '../../rows/invitation.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/invitations',
  tags: ['Invitations'],
  summary: 'Invitations into the accounts the caller administers, newest first',
  security: bearer,
  request: {
    query: pageQuerySchema.extend({ accountId: uuidSchema.optional(), state: invitationStateSchema.optional() }),
  },
  responses: { 200: jsonAnswer(pageSchema(invitationSchema), 'A page'), ...problems },
});

export const listInvitations: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { accountId, state, ...page } = c.req.valid('query');
    let query = c.get('caller').db.from('invitations').select(invitationColumns);
    if (accountId !== undefined) query = query.eq('account_id', accountId);
    const now = new Date().toISOString();
    if (state === 'accepted') query = query.not('accepted_at', 'is', null);
    else if (state === 'revoked') query = query.is('accepted_at', null).not('revoked_at', 'is', null);
    else if (state !== undefined) {
      query = query.is('accepted_at', null).is('revoked_at', null);
      query = state === 'open' ? query.gt('expires_at', now) : query.lte('expires_at', now);
    }
    const rows = await fetchRows(paginate(query, page), z.array(invitationRowSchema));
    return c.json(toPage(rows, page.limit, toInvitation), 200);
  });
