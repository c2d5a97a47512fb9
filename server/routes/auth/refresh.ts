import { createRoute } from '@hono/zod-openapi';
import { refreshRequestSchema, sessionSchema } from '../../../contracts/api/auth.ts';
import { type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';

const route = createRoute({
  method: 'post',
  path: '/auth/refresh',
  tags: ['Auth'],
  summary: 'Exchange a refresh token for a new session',
  request: { body: jsonBody(refreshRequestSchema) },
  responses: { 200: jsonAnswer(sessionSchema, 'A session'), ...problems },
});

export const postRefresh: Endpoint = (api, { signIn }) =>
  api.openapi(route, async (c) => c.json(await signIn.refresh(c.req.valid('json').refreshToken, c.get('source')), 200));
