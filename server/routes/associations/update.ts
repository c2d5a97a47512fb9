import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateAssociationSchema } from '../../../contracts/api/platform-association.ts';
import { platformAssociationSchema } from '../../../contracts/platform-association.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { associationColumns, associationRowSchema, toAssociation } from '../../rows/platform-association.ts';
import { findAssociation } from './find.ts';

const route = createRoute({
  method: 'patch',
  path: '/associations/{id}',
  tags: ['Projects'],
  summary: 'Change the credential, the default branch or the status of an association; what is left out stays',
  description: '`If-Match` as for every change (428 without it, 409 `version_conflict` when it was changed since).',
  security: bearer,
  request: { params: z.object({ id: uuidSchema }), headers: ifMatchHeaders, body: jsonBody(updateAssociationSchema) },
  responses: {
    200: jsonAnswer(platformAssociationSchema, 'The association; its ETag is its new version'),
    ...problems,
  },
});

export const updateAssociation: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const { integrationId, defaultBranch, status } = c.req.valid('json');
    const current = await findAssociation(db, c.req.valid('param').id);
    const association = await updateVersioned({
      db,
      table: 'platform_associations',
      key: { id: current.id },
      what: 'association',
      columns: associationColumns,
      schema: associationRowSchema,
      represent: toAssociation,
      current,
      expected,
      changes: { integration_id: integrationId, default_branch: defaultBranch, status },
    });
    c.header('etag', etagOf(association.version));
    return c.json(toAssociation(association), 200);
  });
