import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';

/** Which member of which account a request is about. */
export const memberRequest = {
  params: z.object({ user: z.string().min(1).max(320).describe('User id or e-mail address') }),
  query: z.object({
    accountId: uuidSchema.optional().describe('May be left out by a member of exactly one account'),
  }),
};
