import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { sessionSchema } from '../../../contracts/api/auth.ts';
import { invitedSignUpSchema } from '../../../contracts/api/invitation.ts';
import { invitationHash } from '../../../contracts/invitation.ts';
import { type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { fetchRows } from '../../services/database.ts';
import { findOpenInvitation } from './find.ts';

const route = createRoute({
  method: 'post',
  path: '/invitations/sign-up',
  tags: ['Invitations'],
  summary: 'Accept an invitation as somebody new: makes the user with this password, also where signing up is closed',
  description:
    'The address counts as confirmed: the code is what proves that the invitation is yours. When there is a user with the address already: 409 `user_exists`; log in and accept.',
  request: { body: jsonBody(invitedSignUpSchema) },
  responses: { 200: jsonAnswer(sessionSchema, 'A session of the new user'), ...problems },
});

const userExists = (email: string): ApiProblem =>
  new ApiProblem(409, {
    code: 'user_exists',
    message: `There is a user ${email} already.`,
    suggestion: `Log in (sfp login --email ${email}), then accept: sfp invitation accept`,
  });

export const signUpInvited: Endpoint = (api, { databases, signIn, loginLimit }) =>
  api.openapi(route, async (c) => {
    const { code, password } = c.req.valid('json');
    const { email, registered } = await findOpenInvitation(databases.service, loginLimit, code);
    if (registered) throw userExists(email);
    // A crash behind this line leaves a user who knows the password: logging in and accepting finishes it.
    if (!(await signIn.createUser(email, password))) throw userExists(email);
    const session = await signIn.withPassword(email, password, c.get('source'));
    const db = databases.as(session.accessToken, c.get('source'));
    await fetchRows(db.rpc('accept_invitation', { p_hash: invitationHash(code) }), z.unknown());
    return c.json(session, 200);
  });
