import { createRoute } from '@hono/zod-openapi';
import { healthSchema } from '../../../contracts/api/health.ts';
import { type Endpoint, jsonAnswer } from '../../http/api.ts';

const route = createRoute({
  method: 'get',
  path: '/health',
  tags: ['Health'],
  summary: 'Asks every part of the platform now',
  responses: {
    200: jsonAnswer(healthSchema, 'Every part works'),
    503: jsonAnswer(healthSchema, 'At least one part does not work'),
  },
});

export const getHealth: Endpoint = (api, { health }) =>
  api.openapi(route, async (c) => {
    const found = await health();
    return found.status === 'ok' ? c.json(found, 200) : c.json(found, 503);
  });
