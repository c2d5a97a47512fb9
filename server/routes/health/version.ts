import { createRoute } from '@hono/zod-openapi';
import { versionSchema } from '../../../contracts/api/health.ts';
import { platformSchemaSchema } from '../../../contracts/schema-version.ts';
import { type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { platformVersion } from '../../platform-version.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/version',
  tags: ['Health'],
  summary: 'Versions of the platform and of its schema',
  responses: { 200: jsonAnswer(versionSchema, 'The versions'), ...problems },
});

export const getVersion: Endpoint = (api, { databases }) => {
  const platform = platformVersion();
  return api.openapi(route, async (c) => {
    const { version } = await fetchRows(databases.anonymous().rpc('platform_schema'), platformSchemaSchema);
    return c.json({ platform, schema: version, api: 'v1' as const }, 200);
  });
};
