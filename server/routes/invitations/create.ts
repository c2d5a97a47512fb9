import { createRoute } from '@hono/zod-openapi';
import { createInvitationSchema } from '../../../contracts/api/invitation.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { issuedInvitationSchema, issueInvitation } from './issued.ts';

export const createInvitation: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/invitations',
      tags: ['Invitations'],
      summary: 'Invite somebody into an account; this answer is the only place that ever shows the code',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createInvitationSchema) },
      responses: { 201: jsonAnswer(issuedInvitationSchema, 'The invitation with its code'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { accountId, email, role, expiresInDays } = c.req.valid('json');
      const who = { p_account_id: accountId ?? (await soleAccountId(db)), p_email: email, p_role: role };
      const issued = await issueInvitation(services.env.publicUrl, expiresInDays, (code) =>
        db.rpc('create_invitation', { ...who, ...code }),
      );
      return c.json(issued, 201);
    },
  );
