import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { integrationSchema } from '../../../contracts/integration.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toIntegration } from '../../rows/integration.ts';
import { findIntegration } from './find.ts';

const route = createRoute({
  method: 'get',
  path: '/integrations/{id}',
  tags: ['Integrations'],
  summary: 'One integration; never its secret',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }) },
  responses: { 200: jsonAnswer(integrationSchema, 'The integration; its ETag is its version'), ...problems },
});

export const getIntegration: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const integration = await findIntegration(c.get('caller').db, c.req.valid('param').id);
    c.header('etag', etagOf(integration.version));
    return c.json(toIntegration(integration), 200);
  });
