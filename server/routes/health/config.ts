import { createRoute } from '@hono/zod-openapi';
import { clientConfigSchema } from '../../../contracts/api/health.ts';
import { type Endpoint, jsonAnswer } from '../../http/api.ts';

const route = createRoute({
  method: 'get',
  path: '/config',
  tags: ['Health'],
  summary: 'What a client needs to reach REST and Realtime',
  responses: { 200: jsonAnswer(clientConfigSchema, 'The public key and the name of this stack') },
});

export const getConfig: Endpoint = (api, { env }) =>
  api.openapi(route, (c) => c.json({ publishableKey: env.publishableKey, tenant: env.tenant }, 200));
