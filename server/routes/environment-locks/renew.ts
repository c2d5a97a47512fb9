import { createRoute } from '@hono/zod-openapi';
import { renewLockSchema } from '../../../contracts/api/environment-lock.ts';
import { environmentLockSchema } from '../../../contracts/environment-lock.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { toEnvironmentLock } from '../../rows/environment-lock.ts';
import { askLock } from './find.ts';
import { ticketParameters } from './parameters.ts';

const route = createRoute({
  method: 'patch',
  path: '/environments/{id}/locks/{ticket}',
  tags: ['Locks'],
  summary: 'Show that one still waits, or extend the lease',
  description:
    'One’s own ticket. `{}` keeps the place of a waiting ticket and begins the lease of one whose turn has come; with `leaseSeconds` the lease then ends that long from now. `{}` on a ticket that has ended answers how, `leaseSeconds` is refused.',
  security: bearer,
  request: { params: ticketParameters, body: jsonBody(renewLockSchema) },
  responses: { 200: jsonAnswer(environmentLockSchema, 'The ticket'), ...problems },
});

export const renewLock: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const of = c.req.valid('param');
    const renewed = c.get('caller').db.rpc('renew_environment_lock', {
      p_ticket: of.ticket,
      p_environment_id: of.id,
      p_lease_seconds: c.req.valid('json').leaseSeconds ?? null,
    });
    return c.json(toEnvironmentLock(await askLock(renewed, of)), 200);
  });
