import { z } from 'zod';
import type { Account } from '../../contracts/account.ts';

export const accountColumns = 'id,slug,name,created_at';
export const accountRowSchema = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  created_at: z.string(),
});

export const toAccount = ({ created_at, ...row }: z.output<typeof accountRowSchema>): Account => ({
  ...row,
  createdAt: created_at,
});
