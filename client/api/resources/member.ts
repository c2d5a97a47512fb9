import type { updateMemberSchema } from '../../../contracts/api/member.ts';
import { memberSchema } from '../../../contracts/member.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { anything, at, type Body, type Changing, type Http, type InAccount, type Page, page } from '../request.ts';

export const members = (http: Http) => ({
  list: ({ accountId, ...query }: InAccount & Page = {}) =>
    http({
      method: 'GET',
      path: '/members',
      query: { accountId, ...page(query) },
      answer: pageSchema(memberSchema),
    }),
  /** By user id or e-mail address. */
  get: (user: string, query: InAccount = {}) =>
    http({ method: 'GET', path: at('members', user), query: { ...query }, answer: memberSchema }),
  update: (user: string, body: Body<typeof updateMemberSchema>, { version, ...query }: Changing & InAccount) =>
    http({ method: 'PATCH', path: at('members', user), query, body, version, answer: memberSchema }),
  remove: (user: string, query: InAccount = {}) =>
    http({ method: 'DELETE', path: at('members', user), query: { ...query }, answer: anything }),
});
