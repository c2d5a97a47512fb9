import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { integrationQuerySchema } from '../../../contracts/api/integration.ts';
import { integrationSchema } from '../../../contracts/integration.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { integrationColumns, integrationRowSchema, toIntegration } from '../../rows/integration.ts';
import { fetchRows } from '../../services/database.ts';
import { findPlace } from './find-place.ts';

const route = createRoute({
  method: 'get',
  path: '/integrations',
  tags: ['Integrations'],
  summary: 'Integrations of the caller’s accounts, newest first; never their secrets',
  security: bearer,
  request: { query: integrationQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(integrationSchema), 'A page'), ...problems },
});

export const listIntegrations: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const { accountId, project, environment, name, provider, ...page } = c.req.valid('query');
    const place = await findPlace(db, { project, environment });
    let query = db.from('integrations').select(integrationColumns).match(place);
    if (accountId !== undefined) query = query.eq('account_id', accountId);
    if (name !== undefined) query = query.eq('name', name);
    if (provider !== undefined) query = query.eq('provider', provider);
    const rows = await fetchRows(paginate(query, page), z.array(integrationRowSchema));
    return c.json(toPage(rows, page.limit, toIntegration), 200);
  });
