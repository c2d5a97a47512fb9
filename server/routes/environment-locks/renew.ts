import { createRoute } from '@hono/zod-openapi';
import { renewLockSchema } from '../../../contracts/api/environment-lock.ts';
import { environmentLockSchema } from '../../../contracts/environment-lock.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { environmentLockRowSchema, toEnvironmentLock } from '../../rows/environment-lock.ts';
import { fetchRows } from '../../services/database.ts';
import { findLock } from './find.ts';
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
    const { db } = c.get('caller');
    const { id, ticket } = c.req.valid('param');
    await findLock(db, ticket, id);
    const { leaseSeconds } = c.req.valid('json');
    const renewed = db.rpc('renew_environment_lock', { p_ticket: ticket, p_lease_seconds: leaseSeconds ?? null });
    return c.json(toEnvironmentLock(await fetchRows(renewed, environmentLockRowSchema)), 200);
  });
