import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { environmentLockSchema } from '../../../contracts/environment-lock.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { toEnvironmentLock } from '../../rows/environment-lock.ts';
import { findLock } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/locks/{ticket}',
  tags: ['Locks'],
  summary: 'One ticket by its id alone, for who does not know its environment',
  security: bearer,
  request: { params: z.object({ ticket: uuidSchema }) },
  responses: { 200: jsonAnswer(environmentLockSchema, 'The ticket'), ...problems },
});

export const getLockByTicket: Endpoint = (api) =>
  api.openapi(route, async (c) =>
    c.json(toEnvironmentLock(await findLock(c.get('caller').db, c.req.valid('param'))), 200),
  );
