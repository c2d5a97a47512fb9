import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { resendInvitationSchema } from '../../../contracts/api/invitation.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { issuedInvitationSchema, issueInvitation } from './issued.ts';

export const resendInvitation: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/invitations/{id}/resend',
      tags: ['Invitations'],
      summary: 'Make a new code for an invitation; the old one ends',
      security: bearer,
      middleware: idempotent(services),
      request: { params: z.object({ id: uuidSchema }), body: jsonBody(resendInvitationSchema) },
      responses: { 201: jsonAnswer(issuedInvitationSchema, 'The invitation with its new code'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { id } = c.req.valid('param');
      const { expiresInDays } = c.req.valid('json');
      const issued = await issueInvitation(services.env.publicUrl, expiresInDays, (code) =>
        db.rpc('resend_invitation', { p_id: id, ...code }),
      );
      return c.json(issued, 201);
    },
  );
