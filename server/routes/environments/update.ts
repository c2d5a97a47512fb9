import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateEnvironmentSchema } from '../../../contracts/api/environment.ts';
import { environmentSchema } from '../../../contracts/project.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { environmentColumns, environmentRowSchema, toEnvironment } from '../../rows/environment.ts';
import { findEnvironment } from './find.ts';

const route = createRoute({
  method: 'patch',
  path: '/environments/{id}',
  tags: ['Environments'],
  summary:
    'Change an environment; what is left out stays, and `variables`, `credentials` and `protection` take the place of all that there were',
  description:
    '`If-Match` carries the ETag of the version that was read (428 without it). When the environment was changed since, nothing happens: 409 `version_conflict` with both versions.',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), headers: ifMatchHeaders, body: jsonBody(updateEnvironmentSchema) },
  responses: { 200: jsonAnswer(environmentSchema, 'The environment; its ETag is its new version'), ...problems },
});

export const updateEnvironment: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { name, category, variables, credentials, branchPattern, protection } = c.req.valid('json');
    const current = await findEnvironment(db, c.req.valid('param').id);
    const environment = await updateVersioned({
      db,
      table: 'environments',
      key: { id: current.id },
      what: 'environment',
      columns: environmentColumns,
      schema: environmentRowSchema,
      represent: toEnvironment,
      current,
      expected,
      changes: { name, category, variables, credentials, branch_pattern: branchPattern, protection },
    });
    c.header('etag', etagOf(environment.version));
    return c.json(toEnvironment(environment), 200);
  });
