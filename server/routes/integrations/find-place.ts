import type { Database } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';

interface Named {
  project?: string | undefined;
  environment?: string | undefined;
}

/** The rows' columns of the project and the environment that a request names; what it leaves out is left out. */
export async function findPlace(
  db: Database,
  { project, environment }: Named,
): Promise<{ account_id?: string; project_id?: string; environment_id?: string }> {
  const within = project === undefined ? undefined : await findProject(db, project);
  if (environment !== undefined) {
    const { id, project_id, account_id } = await findEnvironment(db, environment, within?.id);
    return { account_id, project_id, environment_id: id };
  }
  return within === undefined ? {} : { account_id: within.account_id, project_id: within.id };
}
