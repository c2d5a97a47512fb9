import { z } from 'zod';
import type { createTokenSchema } from '../../../contracts/api/token.ts';
import { applicationTokenSchema } from '../../../contracts/application-token.ts';
import { pageSchema } from '../../../contracts/scalar.ts';
import { anything, at, type Body, type Creating, type Http, type Page, page } from '../request.ts';

const newTokenSchema = applicationTokenSchema.extend({ token: z.string() });

export const tokens = (http: Http) => ({
  list: (query: Page = {}) =>
    http({ method: 'GET', path: '/tokens', query: page(query), answer: pageSchema(applicationTokenSchema) }),
  /** `token` is in this answer and nowhere else, ever. */
  create: (body: Body<typeof createTokenSchema>, creates: Creating = {}) =>
    http({ method: 'POST', path: '/tokens', body, creates, answer: newTokenSchema }),
  revoke: (id: string) => http({ method: 'DELETE', path: at('tokens', id), answer: anything }),
});
