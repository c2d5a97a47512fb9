import { accountRoles } from '../../../contracts/account.ts';
import type { Party } from '../../../contracts/environment-protection.ts';
import type { Connection } from '../../context/connection.ts';

export const roleOption = (what: string) =>
  ({
    type: 'string',
    value: 'role',
    choices: accountRoles,
    summary: `${what}: everybody with at least this role`,
  }) as const;
export const userOption = (what: string) =>
  ({
    type: 'list',
    value: 'email',
    completes: 'member',
    summary: `${what}: this member, by e-mail address or id; several times`,
  }) as const;

/** The party that a role and users make; undefined when neither was named. */
export async function partyOf(
  { api }: Connection,
  accountId: string,
  role: Party['role'],
  users: readonly string[],
): Promise<Party | undefined> {
  if (role === undefined && users.length === 0) return undefined;
  const members = await Promise.all(users.map((user) => api.members.get(user, { accountId })));
  return {
    ...(role === undefined ? {} : { role }),
    ...(members.length === 0 ? {} : { users: [...new Set(members.map(({ userId }) => userId))] }),
  };
}
