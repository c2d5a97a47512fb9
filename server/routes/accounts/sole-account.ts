import { z } from 'zod';
import { ApiProblem } from '../../http/problem.ts';
import { type Database, fetchRows } from '../../services/database.ts';

/** The account of a caller who left it out: it must be clear which one. */
export async function soleAccountId(db: Database): Promise<string> {
  const rows = await fetchRows(db.from('accounts').select('id').limit(2), z.array(z.object({ id: z.string() })));
  const [first, second] = rows;
  if (first === undefined) {
    throw new ApiProblem(409, {
      code: 'no_account',
      message: 'You are in no account yet.',
      suggestion: 'Make one, or ask an owner to add you.',
    });
  }
  if (second !== undefined) {
    throw new ApiProblem(
      422,
      {
        code: 'account_ambiguous',
        message: 'You are in more than one account.',
        suggestion: 'Say which one: accountId.',
      },
      { errors: [{ path: 'accountId', message: 'Needed by a member of more than one account.' }] },
    );
  }
  return first.id;
}
