import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { memberRowSchema } from '../../rows/member.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export type MemberRow = z.output<typeof memberRowSchema>;

/** The member of the account with this user id or e-mail address. */
export async function findMember(db: Database, accountId: string, idOrEmail: string): Promise<MemberRow> {
  const isId = uuidSchema.safeParse(idOrEmail).success;
  const members = db.rpc('list_members', { p_account_id: accountId });
  const query = isId ? members.eq('user_id', idOrEmail) : members.eq('email', idOrEmail.toLowerCase());
  const [member] = await fetchRows(query, z.array(memberRowSchema));
  if (member === undefined) throw notFound(`member: ${idOrEmail}`, listCommands.members);
  return member;
}
