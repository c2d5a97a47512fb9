import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { setIntegrationSecretSchema } from '../../../contracts/api/integration.ts';
import { integrationSchema } from '../../../contracts/integration.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { integrationRowSchema, toIntegration } from '../../rows/integration.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'put',
  path: '/integrations/{id}/secret',
  tags: ['Integrations'],
  summary: 'Set the secret of an integration, or another one in its place',
  description:
    'The secret is stored encrypted and is in no answer, of this route or another. Steps that begin from now on get it. `If-Match` as for every change (428 without it, 409 `version_conflict` when it was changed since).',
  security: bearer,
  request: {
    params: z.object({ id: uuidSchema }),
    headers: ifMatchHeaders,
    body: jsonBody(setIntegrationSecretSchema),
  },
  responses: { 200: jsonAnswer(integrationSchema, 'The integration; its ETag is its new version'), ...problems },
});

export const setIntegrationSecret: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const query = c.get('caller').db.rpc('set_integration_secret', {
      p_id: c.req.valid('param').id,
      p_value: c.req.valid('json').value,
      p_version: expectedVersion(c.req.valid('header')['if-match']),
    });
    const integration = await fetchRows(query, integrationRowSchema);
    c.header('etag', etagOf(integration.version));
    return c.json(toIntegration(integration), 200);
  });
