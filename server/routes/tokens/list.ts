import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { applicationTokenSchema } from '../../../contracts/application-token.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import {
  applicationTokenColumns,
  applicationTokenRowSchema,
  toApplicationToken,
} from '../../rows/application-token.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/tokens',
  tags: ['Tokens'],
  summary: 'Application tokens: the caller’s own, and all of the accounts the caller administers',
  security: bearer,
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(applicationTokenSchema), 'A page'), ...problems },
});

export const listTokens: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const page = c.req.valid('query');
    const query = paginate(c.get('caller').db.from('application_tokens').select(applicationTokenColumns), page);
    const rows = await fetchRows(query, z.array(applicationTokenRowSchema));
    return c.json(toPage(rows, page.limit, toApplicationToken), 200);
  });
