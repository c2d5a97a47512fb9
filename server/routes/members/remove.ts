import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { bearer, type Endpoint, problems } from '../../http/api.ts';
import { ApiProblem } from '../../http/problem.ts';
import { fetchRows } from '../../services/database.ts';
import { soleAccountId } from '../accounts/sole-account.ts';
import { findMember } from './find.ts';
import { memberRequest } from './member-request.ts';

const route = createRoute({
  method: 'delete',
  path: '/members/{user}',
  tags: ['Members'],
  summary: 'Remove a member, or leave; application tokens and open invitations of theirs end with it',
  security: bearer,
  request: memberRequest,
  responses: { 204: { description: 'Removed' }, ...problems },
});

export const removeMember: Endpoint = (api) =>
  api.openapi(route, async (c) => {
    const { db } = c.get('caller');
    const accountId = c.req.valid('query').accountId ?? (await soleAccountId(db));
    const { user_id, role } = await findMember(db, accountId, c.req.valid('param').user);
    const query = db.from('accounts_memberships').delete().match({ account_id: accountId, user_id }).select('user_id');
    const gone = await fetchRows(query, z.array(z.unknown()));
    // RLS hides from a delete what the caller may not delete.
    if (gone.length === 0) {
      throw new ApiProblem(403, {
        code: 'forbidden',
        message: `Removing a member with the role ${role} needs the role ${role === 'owner' ? 'owner' : 'admin'}.`,
        suggestion: 'Ask an owner of the account.',
      });
    }
    return c.body(null, 204);
  });
