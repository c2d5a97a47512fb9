import { createRoute } from '@hono/zod-openapi';
import { tokenExchangeRequestSchema, tokenExchangeSchema } from '../../../contracts/api/auth.ts';
import { type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';

const route = createRoute({
  method: 'post',
  path: '/auth/token',
  tags: ['Auth'],
  summary: 'Exchange an application token for a short-lived user token, good for API, REST and Realtime',
  request: { body: jsonBody(tokenExchangeRequestSchema) },
  responses: { 200: jsonAnswer(tokenExchangeSchema, 'A user token'), ...problems },
});

export const postToken: Endpoint = (api, { applicationTokens }) =>
  api.openapi(route, async (c) => {
    const { accessToken, expiresAt } = await applicationTokens.exchange(c.req.valid('json').token);
    return c.json({ accessToken, expiresAt }, 200);
  });
