import { accountSchema } from '../../../contracts/account.ts';
import type { createAccountSchema } from '../../../contracts/api/account.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { type Body, type Creating, type Http, type Page, page } from '../request.ts';

export const accounts = (http: Http) => ({
  list: (query: Page = {}) =>
    http({ method: 'GET', path: '/accounts', query: page(query), answer: pageSchema(accountSchema) }),
  create: (body: Body<typeof createAccountSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/accounts', body, creates, answer: accountSchema }),
});
