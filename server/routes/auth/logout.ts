import { createRoute } from '@hono/zod-openapi';
import { bearer, type Endpoint, problems } from '../../http/api.ts';

const route = createRoute({
  method: 'post',
  path: '/auth/logout',
  tags: ['Auth'],
  summary: 'End the session of this token',
  security: bearer,
  responses: { 204: { description: 'Ended' }, ...problems },
});

export const postLogout: Endpoint = (api, { signIn }) =>
  api.openapi(route, async (c) => {
    await signIn.out(c.get('caller').token);
    return c.body(null, 204);
  });
