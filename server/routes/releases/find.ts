import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { listCommands } from '../../http/list-commands.ts';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { type ReleaseRow, releaseColumns, releaseRowSchema } from '../../rows/release.ts';
import { type Database, fetchRows } from '../../services/database.ts';

/** The release with this id, or with this name in any account of the caller; in one account when that is given. */
export async function findRelease(db: Database, idOrName: string, accountId?: string): Promise<ReleaseRow> {
  const column = uuidSchema.safeParse(idOrName).success ? 'id' : 'name';
  const query = db.from('releases').select(releaseColumns).eq(column, idOrName);
  const narrowed = accountId === undefined ? query : query.eq('account_id', accountId);
  const [release, second] = await fetchRows(narrowed.limit(2), z.array(releaseRowSchema));
  if (release === undefined) throw notFound(`release: ${idOrName}`, listCommands.releases);
  if (second !== undefined) {
    throw new ApiProblem(409, {
      code: 'release_ambiguous',
      message: `More than one of your accounts has a release ${idOrName}.`,
      suggestion: 'Use the id of the release.',
    });
  }
  return release;
}
