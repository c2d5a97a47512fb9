import { z } from 'zod';
import { type Account, type AccountRole, accountRoleSchema } from '../../contracts/account.ts';
import { accountColumns, accountRowSchema, toAccount } from './account.ts';

export const membershipColumns = `role,account:accounts(${accountColumns})`;
export const membershipRowSchema = z.object({ role: accountRoleSchema, account: accountRowSchema });

export const toMembership = ({
  role,
  account,
}: z.output<typeof membershipRowSchema>): Account & { role: AccountRole } => ({
  ...toAccount(account),
  role,
});
