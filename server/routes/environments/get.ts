import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { environmentSchema } from '../../../contracts/project.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toEnvironment } from '../../rows/environment.ts';
import { heldLocks } from '../environment-locks/held-locks.ts';
import { deployedNow } from './deployed-now.ts';
import { findEnvironment } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/environments/{id}',
  tags: ['Environments'],
  summary: 'One environment',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(environmentSchema, 'The environment; its ETag is its version'), ...problems },
});

export const getEnvironment: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const environment = await findEnvironment(db, c.req.valid('param').id);
    const locks = await heldLocks(db, [environment.id]);
    const deployed = await deployedNow(db, [environment.id]);
    c.header('etag', etagOf(environment.version));
    const now = { lock: locks.get(environment.id) ?? null, deployed: deployed.get(environment.id) ?? null };
    return c.json({ ...toEnvironment(environment), ...now }, 200);
  });
