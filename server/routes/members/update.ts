import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { updateMemberSchema } from '../../../contracts/api/member.ts';
import { memberSchema } from '../../../contracts/member.ts';
import { bearer, type Endpoint, jsonAnswer, jsonBody, problems } from '../../http/api.ts';
import { etagOf, expectedVersion, ifMatchHeaders } from '../../http/if-match.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { toMember } from '../../rows/member.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { findMember } from './find.ts';
import { memberRequest } from './member-request.ts';

const route = createRoute({
  method: 'patch',
  path: '/members/{user}',
  tags: ['Members'],
  summary: 'Change the role of a member',
  description:
    '`If-Match` carries the ETag of the version that was read (428 without it); 409 `version_conflict` when it was changed since. Owners are made and changed by owners; the last one stays (409 `last_owner`).',
  security: bearer,
  request: { ...memberRequest, headers: ifMatchHeaders, body: jsonBody(updateMemberSchema) },
  responses: { 200: jsonAnswer(memberSchema, 'The member; its ETag is its new version'), ...problems },
});

export const updateMember: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const expected = expectedVersion(c.req.valid('header')['if-match']);
    const accountId = c.req.valid('query').accountId ?? (await soleAccountId(db));
    const current = await findMember(db, accountId, c.req.valid('param').user);
    const changed = await updateVersioned({
      db,
      table: 'accounts_memberships',
      key: { account_id: accountId, user_id: current.user_id },
      what: 'membership',
      columns: 'role,version,updated_at',
      schema: z.object({ role: memberSchema.shape.role, version: z.number(), updated_at: z.string() }),
      represent: (row) => toMember({ ...current, ...row }),
      current,
      expected,
      changes: { role: c.req.valid('json').role },
    });
    c.header('etag', etagOf(changed.version));
    return c.json(toMember({ ...current, ...changed }), 200);
  });
