import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { listCommands } from '../../http/list-commands.ts';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { type CollectionRow, collectionColumns, collectionRowSchema } from '../../rows/collection.ts';
import { type Database, fetchRows } from '../../services/database.ts';

/** The collection with this id, or with this name in the account that is named, else in the caller's one that has it. */
export async function findCollection(
  db: Database,
  idOrName: string,
  accountId: string | undefined,
): Promise<CollectionRow> {
  const column = uuidSchema.safeParse(idOrName).success ? 'id' : 'name';
  let query = db.from('collections').select(collectionColumns).eq(column, idOrName).limit(2);
  if (accountId !== undefined) query = query.eq('account_id', accountId);
  const [collection, second] = await fetchRows(query, z.array(collectionRowSchema));
  if (collection === undefined) throw notFound(`collection: ${idOrName}`, listCommands.collections);
  if (second !== undefined) {
    throw new ApiProblem(409, {
      code: 'collection_ambiguous',
      message: `More than one of your accounts has a collection ${idOrName}.`,
      suggestion: 'Say of which account with accountId, or use the id of the collection.',
    });
  }
  return collection;
}

/** People change nothing of the platform's own collections. */
export function requireOwn({ managed, name }: CollectionRow): void {
  if (!managed) return;
  throw new ApiProblem(403, {
    code: 'collection_managed',
    message: `The collection ${name} is the platform's own: people read it.`,
    suggestion: 'Make one of your own: sfp collection create <name>',
  });
}
