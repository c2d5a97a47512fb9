import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { setIntegrationSecretSchema } from '../../../contracts/api/integration.ts';
import { integrationSchema } from '../../../contracts/integration.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders, versionConflict } from '../../http/if-match.ts';
import { ApiProblem } from '../../http/problem.ts';
import { integrationRowSchema, toIntegration } from '../../rows/integration.ts';
import { fetchRows } from '../../services/database.ts';
import { findIntegration } from './find.ts';

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
    const { db } = c.get('caller');
    const { id } = c.req.valid('param');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const query = db.rpc('set_integration_secret', {
      p_id: id,
      p_value: c.req.valid('json').value,
      p_version: expected,
    });
    const integration = await fetchRows(query, integrationRowSchema).catch(async (error: unknown) => {
      if (!(error instanceof ApiProblem) || error.code !== 'version_conflict' || expected === null) throw error;
      throw versionConflict('integration', expected, toIntegration(await findIntegration(db, id)));
    });
    c.header('etag', etagOf(integration.version));
    return c.json(toIntegration(integration), 200);
  });
