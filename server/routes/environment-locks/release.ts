import { createRoute } from '@hono/zod-openapi';
import { environmentLockSchema } from '../../../contracts/environment-lock.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toEnvironmentLock } from '../../rows/environment-lock.ts';
import { askLock } from './find.ts';
import { ticketParameters } from './parameters.ts';

const route = createRoute({
  method: 'delete',
  path: '/environments/{id}/locks/{ticket}',
  tags: ['Locks'],
  summary: 'Give the environment back, or the place in its line',
  description: 'One’s own ticket; an admin anybody’s. On a ticket that has ended nothing happens.',
  security: bearer,
  request: { params: ticketParameters },
  responses: { 200: jsonAnswer(environmentLockSchema, 'The ticket as it ended'), ...problems },
});

export const releaseLock: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const of = c.req.valid('param');
    const released = c
      .get('caller')
      .db.rpc('release_environment_lock', { p_ticket: of.ticket, p_environment_id: of.id });
    return c.json(toEnvironmentLock(await askLock(released, of)), 200);
  });
