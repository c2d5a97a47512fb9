import { createRoute } from '@hono/zod-openapi';
import { environmentLockSchema } from '../../../contracts/environment-lock.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toEnvironmentLock } from '../../rows/environment-lock.ts';
import { findLock } from './find.ts';
import { ticketParameters } from './parameters.ts';

const route = createRoute({
  method: 'get',
  path: '/environments/{id}/locks/{ticket}',
  tags: ['Locks'],
  summary: 'One ticket, also one that has ended',
  description: 'Looking is no sign of life: see PATCH.',
  security: bearer,
  request: { params: ticketParameters },
  responses: { 200: jsonAnswer(environmentLockSchema, 'The ticket'), ...problems },
});

export const getLock: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    return c.json(toEnvironmentLock(await findLock(c.get('caller').db, c.req.valid('param'))), 200);
  });
