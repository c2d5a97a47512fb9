import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  tags: ['Tokens'],
  summary: 'Revoke an application token; it loses its rights at once',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 204: { description: 'Revoked' }, ...problems },
});

export const revokeToken: Endpoint = (api, { applicationTokens }) =>
  api.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    await fetchRows(c.get('caller').db.rpc('revoke_application_token', { p_id: id }), z.unknown());
    applicationTokens.refuse(id);
    return c.body(null, 204);
  });
