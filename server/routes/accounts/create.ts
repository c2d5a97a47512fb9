import { createRoute } from '@hono/zod-openapi';
import { accountSchema } from '../../../contracts/account.ts';
import { createAccountSchema } from '../../../contracts/api/account.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { accountRowSchema, toAccount } from '../../rows/account.ts';
import { fetchRows } from '../../services/database.ts';

export const createAccount: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/accounts',
      tags: ['Accounts'],
      summary: 'Make an account; the caller becomes its owner',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createAccountSchema) },
      responses: { 201: jsonAnswer(accountSchema, 'The account'), ...problems },
    }),
    async (c) => {
      const { slug, name } = c.req.valid('json');
      const query = c.get('caller').db.rpc('create_account', { p_slug: slug, p_name: name });
      return c.json(toAccount(await fetchRows(query, accountRowSchema)), 201);
    },
  );
