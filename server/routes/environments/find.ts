import { z } from 'zod';
import { uuidSchema } from '../../../contracts/scalar.ts';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { environmentColumns, environmentRowSchema } from '../../rows/environment.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export type EnvironmentRow = z.output<typeof environmentRowSchema>;

/** The environment with this id or slug; within a project when one is given. A slug needs a project. */
export async function findEnvironment(db: Database, idOrSlug: string, projectId?: string): Promise<EnvironmentRow> {
  const byId = uuidSchema.safeParse(idOrSlug).success;
  const missing = () =>
    notFound(
      `environment: ${idOrSlug}`,
      projectId === undefined
        ? listCommands.environments
        : `List the environments of the project: sfp environment list --project ${projectId}`,
    );
  if (!byId && projectId === undefined) throw missing();
  const query = db
    .from('environments')
    .select(environmentColumns)
    .eq(byId ? 'id' : 'slug', idOrSlug);
  const narrowed = projectId === undefined ? query : query.eq('project_id', projectId);
  const [environment] = await fetchRows(narrowed.limit(1), z.array(environmentRowSchema));
  if (environment === undefined) throw missing();
  return environment;
}
