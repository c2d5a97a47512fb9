import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { createTokenSchema } from '../../../contracts/api/token.ts';
import {
  applicationTokenHash,
  applicationTokenHint,
  applicationTokenSchema,
  newApplicationToken,
} from '../../../contracts/application-token.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { applicationTokenRowSchema, toApplicationToken } from '../../rows/application-token.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';

export const createToken: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/tokens',
      tags: ['Tokens'],
      summary: 'Make an application token; this answer is the only place that ever shows it',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createTokenSchema) },
      responses: {
        201: jsonAnswer(applicationTokenSchema.extend({ token: z.string() }), 'The token'),
        ...problems,
      },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { accountId, name, expiresAt, scope } = c.req.valid('json');
      const token = newApplicationToken();
      const query = db.rpc('create_application_token', {
        p_account_id: accountId ?? (await soleAccountId(db)),
        p_name: name,
        p_hint: applicationTokenHint(token),
        p_hash: applicationTokenHash(token),
        p_expires_at: expiresAt,
        p_scope: scope,
      });
      return c.json({ token, ...toApplicationToken(await fetchRows(query, applicationTokenRowSchema)) }, 201);
    },
  );
