import { createRoute } from '@hono/zod-openapi';
import { loginRequestSchema, sessionSchema } from '../../../contracts/api/auth.ts';
import { type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';

const route = createRoute({
  method: 'post',
  path: '/auth/login',
  tags: ['Auth'],
  summary: 'Sign in with e-mail and password',
  request: { body: jsonBody(loginRequestSchema) },
  responses: { 200: jsonAnswer(sessionSchema, 'A session'), ...problems },
});

export const postLogin: Endpoint = (api, { signIn, loginLimit }) =>
  api.openapi(route, async (c) => {
    const { email, password } = c.req.valid('json');
    loginLimit.take(`email ${email.toLowerCase()}`);
    return c.json(await signIn.withPassword(email, password, c.get('source')), 200);
  });
