import { createRoute } from '@hono/zod-openapi';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';

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
    const { token, applicationTokenId } = c.get('caller');
    if (applicationTokenId !== null) {
      throw new ApiProblem(409, {
        code: 'no_session',
        message: 'An application token has no session to end.',
        suggestion: 'Revoke it instead: sfp token revoke.',
      });
    }
    await signIn.out(token);
    return c.body(null, 204);
  });
