import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { invitationCodeRequestSchema } from '../../../contracts/api/invitation.ts';
import { invitationHash } from '../../../contracts/invitation.ts';
import { memberSchema } from '../../../contracts/member.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { toMember } from '../../rows/member.ts';
import { fetchRows } from '../../services/database.ts';
import { findMember } from '../members/find.ts';

const route = createRoute({
  method: 'post',
  path: '/invitations/accept',
  tags: ['Invitations'],
  summary: 'Accept an invitation, as the signed-in user it is for; asked again it answers the same',
  security: bearer,
  request: { body: jsonBody(invitationCodeRequestSchema) },
  responses: { 200: jsonAnswer(memberSchema, 'The membership'), ...problems },
});

const acceptedSchema = z.object({ account_id: z.string(), user_id: z.string() });

export const acceptInvitation: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const query = db.rpc('accept_invitation', { p_hash: invitationHash(c.req.valid('json').code) });
    const { account_id, user_id } = await fetchRows(query, acceptedSchema);
    return c.json(toMember(await findMember(db, account_id, user_id)), 200);
  });
