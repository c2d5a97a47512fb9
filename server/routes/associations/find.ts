import { z } from 'zod';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { associationColumns, associationRowSchema } from '../../rows/platform-association.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export async function findAssociation(db: Database, id: string): Promise<z.output<typeof associationRowSchema>> {
  const query = db.from('platform_associations').select(associationColumns).eq('id', id).limit(1);
  const [association] = await fetchRows(query, z.array(associationRowSchema));
  if (association === undefined) throw notFound(`association: ${id}`, listCommands.associations);
  return association;
}
