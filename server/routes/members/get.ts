import { createRoute } from '@hono/zod-openapi';
import { memberSchema } from '../../../contracts/member.ts';
import { bearer, type Endpoint, jsonAnswer, problems } from '../../http/api.ts';
import { etagOf } from '../../http/if-match.ts';
import { toMember } from '../../rows/member.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { findMember } from './find.ts';
import { memberRequest } from './member-request.ts';

const route = createRoute({
  method: 'get',
  path: '/members/{user}',
  tags: ['Members'],
  summary: 'One member',
  security: bearer,
  request: memberRequest,
  responses: { 200: jsonAnswer(memberSchema, 'The member; its ETag is its version'), ...problems },
});

export const getMember: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const accountId = c.req.valid('query').accountId ?? (await soleAccountId(db));
    const member = await findMember(db, accountId, c.req.valid('param').user);
    c.header('etag', etagOf(member.version));
    return c.json(toMember(member), 200);
  });
