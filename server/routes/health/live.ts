import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { type Endpoint, jsonAnswer } from '../../http/api.ts';

const route = createRoute({
  method: 'get',
  path: '/health/live',
  tags: ['Health'],
  summary: 'The process answers',
  responses: { 200: jsonAnswer(z.object({ status: z.literal('ok') }), 'It does') },
});

export const getLive: Endpoint = (api) => api.openapi(route, (c) => c.json({ status: 'ok' as const }, 200));
