import { createRoute } from '@hono/zod-openapi';
import { createIntegrationSchema } from '../../../contracts/api/integration.ts';
import { integrationSchema } from '../../../contracts/integration.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { idempotent } from '../../http/idempotency.ts';
import { integrationColumns, integrationRowSchema, toIntegration } from '../../rows/integration.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { findPlace } from './find-place.ts';

export const createIntegration: Endpoint = (api, services) =>
  api.openapi(
    createRoute({
      method: 'post',
      path: '/integrations',
      tags: ['Integrations'],
      summary: 'Make an integration, without a secret yet',
      description:
        'Of an environment or a project when one is named, else of the account and so of all its projects. The secret is set with `PUT /api/v1/integrations/{id}/secret`; until then the status is `empty`.',
      security: bearer,
      middleware: idempotent(services),
      request: { body: jsonBody(createIntegrationSchema) },
      responses: { 201: jsonAnswer(integrationSchema, 'The integration'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { accountId, provider, name, ...named } = c.req.valid('json');
      const place = await findPlace(db, named);
      const row = {
        ...place,
        // With both named, the database refuses a project of another account.
        account_id: accountId ?? place.account_id ?? (await soleAccountId(db)),
        provider,
        name,
      };
      const query = db.from('integrations').insert(row).select(integrationColumns).single();
      return c.json(toIntegration(await fetchRows(query, integrationRowSchema)), 201);
    },
  );
