import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { accountSchema } from '../../../contracts/account.ts';
import { pageQuerySchema, pageSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { paginate, toPage } from '../../http/cursor.ts';
import { accountColumns, accountRowSchema, toAccount } from '../../rows/account.ts';
import { fetchRows } from '../../services/database.ts';

const route = createRoute({
  method: 'get',
  path: '/accounts',
  tags: ['Accounts'],
  summary: 'Accounts of the caller, newest first',
  security: bearer,
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(accountSchema), 'A page'), ...problems },
});

export const listAccounts: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const page = c.req.valid('query');
    const query = paginate(c.get('caller').db.from('accounts').select(accountColumns), page);
    return c.json(toPage(await fetchRows(query, z.array(accountRowSchema)), page.limit, toAccount), 200);
  });
