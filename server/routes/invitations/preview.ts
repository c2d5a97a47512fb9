import { createRoute } from '@hono/zod-openapi';
import { invitationCodeRequestSchema } from '../../../contracts/api/invitation.ts';
import { invitationPreviewSchema } from '../../../contracts/invitation.ts';
import { type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { findOpenInvitation } from './find.ts';

const route = createRoute({
  method: 'post',
  path: '/invitations/preview',
  tags: ['Invitations'],
  summary: 'What an invitation is for, told to the holder of its code',
  request: { body: jsonBody(invitationCodeRequestSchema) },
  responses: { 200: jsonAnswer(invitationPreviewSchema, 'The open invitation'), ...problems },
});

export const previewInvitation: Endpoint = (api, { databases, loginLimit }) =>
  api.openapi(route, async (c) =>
    c.json(await findOpenInvitation(databases.service, loginLimit, c.req.valid('json').code), 200),
  );
