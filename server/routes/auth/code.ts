import { createRoute } from '@hono/zod-openapi';
import { loginCodeExchangeSchema, sessionSchema } from '../../../contracts/api/auth.ts';
import { type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';

const route = createRoute({
  method: 'post',
  path: '/auth/code',
  tags: ['Auth'],
  summary: 'Exchange the code of a login through a browser for its session, once',
  request: { body: jsonBody(loginCodeExchangeSchema) },
  responses: { 200: jsonAnswer(sessionSchema, 'A session'), ...problems },
});

export const postLoginCode: Endpoint = (api, { loginCodes }) =>
  api.openapi(route, async (c) => {
    const { code, verifier, redirectUri } = c.req.valid('json');
    return c.json(await loginCodes.exchange(code, verifier, redirectUri), 200);
  });
