import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'delete',
  path: '/invitations/{id}',
  tags: ['Invitations'],
  summary: 'Revoke an invitation; its code ends at once',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 204: { description: 'Revoked' }, ...problems },
});

export const revokeInvitation: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    await fetchRows(c.get('caller').db.rpc('revoke_invitation', { p_id: id }), z.unknown());
    return c.body(null, 204);
  });
