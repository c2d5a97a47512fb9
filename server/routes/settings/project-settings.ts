import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateSettingsSchema } from '../../../contracts/api/settings.ts';
import { settingsSchema } from '../../../contracts/settings.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { toSettings } from '../../rows/settings.ts';
import type { Database } from '../../services/database.ts';
import { findProject } from '../projects/find.ts';
import { changeSettings } from './change.ts';
import { type FoundSettings, findSettings } from './find.ts';

const params = z.object({ idOrSlug: z.string().min(1) });

async function settingsOf(db: Database, idOrSlug: string): Promise<FoundSettings> {
  const { id, account_id } = await findProject(db, idOrSlug);
  return findSettings(db, account_id, id);
}

export const getProjectSettings: Endpoint = (api) =>
  api.openapi(
    createRoute({
      method: 'get',
      path: '/projects/{idOrSlug}/settings',
      tags: ['Settings'],
      security: bearer,
      summary: 'Settings of a project: what it says, and what holds for it and from where',
      request: { params },
      responses: { 200: jsonAnswer(settingsSchema, 'The settings; their ETag is their version'), ...problems },
    }),
    async (c) => {
      const { own, ofAccount } = await settingsOf(c.get('caller').db, c.req.valid('param').idOrSlug);
      c.header('etag', etagOf(own.version));
      return c.json(toSettings(own, ofAccount), 200);
    },
  );

export const updateProjectSettings: Endpoint = (api) =>
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/projects/{idOrSlug}/settings',
      tags: ['Settings'],
      security: bearer,
      summary: 'Change settings of a project; what is left out stays, null takes back what was said',
      description:
        '`If-Match` as for every change (428 without it, 409 `version_conflict` when they were changed since).',
      request: { params, headers: ifMatchHeaders, body: jsonBody(updateSettingsSchema) },
      responses: { 200: jsonAnswer(settingsSchema, 'The settings; their ETag is their new version'), ...problems },
    }),
    async (c) => {
      const { db } = c.get('caller');
      const expected = expectedVersion(c.req.valid('header')['if-match']);
      const found = await settingsOf(db, c.req.valid('param').idOrSlug);
      const settings = await changeSettings(db, found, { expected, wanted: c.req.valid('json') });
      c.header('etag', etagOf(settings.version));
      return c.json(settings, 200);
    },
  );
