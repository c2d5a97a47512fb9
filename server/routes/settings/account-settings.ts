import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateSettingsSchema } from '../../../contracts/api/settings.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { settingsSchema } from '../../../contracts/settings.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { toSettings } from '../../rows/settings.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { changeSettings } from './change.ts';
import { findSettings } from './find.ts';

const query = z.object({
  accountId: uuidSchema.optional().describe('May be left out by a member of exactly one account'),
});

export const getAccountSettings: Endpoint = (api) =>
  api.openapi(
    createRoute({
      method: 'get',
      path: '/settings',
      tags: ['Settings'],
      security: bearer,
      summary: 'Settings of an account, which hold for its projects unless they say something else',
      request: { query },
      responses: { 200: jsonAnswer(settingsSchema, 'The settings; their ETag is their version'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const { own, ofAccount } = await findSettings(db, c.req.valid('query').accountId ?? (await soleAccountId(db)));
      c.header('etag', etagOf(own.version));
      return c.json(toSettings(own, ofAccount), 200);
    },
  );

export const updateAccountSettings: Endpoint = (api) =>
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/settings',
      tags: ['Settings'],
      security: bearer,
      summary: 'Change settings of an account; what is left out stays, null takes back what was said',
      description:
        '`If-Match` as for every change (428 without it, 409 `version_conflict` when they were changed since).',
      request: { query, headers: ifMatchHeaders, body: jsonBody(updateSettingsSchema) },
      responses: { 200: jsonAnswer(settingsSchema, 'The settings; their ETag is their new version'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const expected = expectedVersion(c.req.valid('header')['if-match']);
      const found = await findSettings(db, c.req.valid('query').accountId ?? (await soleAccountId(db)));
      const settings = await changeSettings(db, found, { expected, wanted: c.req.valid('json') });
      c.header('etag', etagOf(settings.version));
      return c.json(settings, 200);
    },
  );
