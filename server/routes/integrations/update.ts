import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateIntegrationSchema } from '../../../contracts/api/integration.ts';
import { integrationSchema } from '../../../contracts/integration.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { integrationColumns, integrationRowSchema, toIntegration } from '../../rows/integration.ts';
import { findIntegration } from './find.ts';

const route = createRoute({
  method: 'patch',
  path: '/integrations/{id}',
  tags: ['Integrations'],
  summary: 'Rename, disable or enable an integration; what is left out stays',
  description:
    '`If-Match` carries the ETag of the version that was read (428 without it). When the integration was changed since, nothing happens: 409 `version_conflict` with both versions. A disabled one is given to no task.',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), headers: ifMatchHeaders, body: jsonBody(updateIntegrationSchema) },
  responses: { 200: jsonAnswer(integrationSchema, 'The integration; its ETag is its new version'), ...problems },
});

export const updateIntegration: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { name, enabled } = c.req.valid('json');
    const current = await findIntegration(db, c.req.valid('param').id);
    const integration = await updateVersioned({
      db,
      table: 'integrations',
      key: { id: current.id },
      what: 'integration',
      columns: integrationColumns,
      schema: integrationRowSchema,
      represent: toIntegration,
      current,
      expected,
      changes: { name, enabled },
    });
    c.header('etag', etagOf(integration.version));
    return c.json(toIntegration(integration), 200);
  });
