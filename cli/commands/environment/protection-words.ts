import type { AccountRole } from '../../../contracts/account.ts';
import type { Party, Protection } from '../../../contracts/environment-protection.ts';
import type { Connection } from '../../context/connection.ts';
import { listPages } from '../../context/list-pages.ts';
import { formatDuration } from '../../output/duration.ts';

const roleWords: Record<AccountRole, string> = {
  viewer: 'everybody in the account',
  member: 'members and up',
  admin: 'admins and owners',
  owner: 'owners',
};

/** What a user id is called. */
export type NameOf = (userId: string) => string;

export function partyWords({ role, users = [] }: Party, nameOf: NameOf): string {
  const all = [...(role === undefined ? [] : [roleWords[role]]), ...users.map(nameOf)];
  return all.length === 0 ? 'nobody' : all.join(', ');
}

/** A protection as lines of `environment get`. */
export function protectionWords(protection: Protection, nameOf: NameOf): (readonly [string, string])[] {
  const { requiredApprovals = 0, approvers, approvalTimeoutSeconds, allowedBranches, deployers } = protection;
  const within =
    approvalTimeoutSeconds === undefined ? '' : `, within ${formatDuration(approvalTimeoutSeconds * 1_000)}`;
  const by = partyWords(approvers ?? { role: 'admin' }, nameOf);
  return [
    ['approvals', requiredApprovals === 0 ? 'none needed' : `${requiredApprovals} by ${by}${within}`],
    ['branches', allowedBranches === undefined ? 'any ref' : `only ${allowedBranches.join(', ')}`],
    ['deployers', partyWords(deployers ?? { role: 'member' }, nameOf)],
  ];
}

/** The addresses of the users that are named; asked for only when there are any. */
export async function namesOf(
  { api }: Connection,
  accountId: string,
  parties: readonly (Party | undefined)[],
): Promise<NameOf> {
  if (parties.every((party) => (party?.users ?? []).length === 0)) return (id) => id;
  const members = await listPages((page) => api.members.list({ accountId, ...page }), 10_000);
  const emails = new Map(members.map(({ userId, email }) => [userId, email]));
  return (id) => emails.get(id) ?? `${id} (has left)`;
}
