import { SfpError } from '../../contracts/error.ts';
import { uuidSchema } from '../../contracts/scalar.ts';
import type { Connection } from './connection.ts';

/** Option of commands about an account, for whoever is in several. */
export const accountOption = {
  account: {
    type: 'string',
    value: 'slug',
    completes: 'account',
    summary: 'Account, by slug or id; your only one when left out',
  },
} as const;

/** The id of the account that was named; undefined leaves it to the server, which knows when there is only one. */
export async function accountIdOf(
  { api, accountId }: Connection,
  slugOrId: string | undefined,
): Promise<string | undefined> {
  if (slugOrId === undefined) return accountId;
  if (uuidSchema.safeParse(slugOrId).success) return slugOrId;
  const { accounts } = await api.me();
  const found = accounts.find(({ slug }) => slug === slugOrId);
  if (found !== undefined) return found.id;
  throw new SfpError({
    code: 'account_not_found',
    message: `You are in no account ${slugOrId}.`,
    suggestion: 'See yours: sfp whoami',
  });
}
