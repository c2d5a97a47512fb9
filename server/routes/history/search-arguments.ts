import type { z } from 'zod';
import type { deploymentQuerySchema } from '../../../contracts/api/history.ts';
import { pageArguments } from '../../http/cursor.ts';
import type { Database } from '../../services/database.ts';
import { findEnvironment } from '../environments/find.ts';
import { findProject } from '../projects/find.ts';

type Query = Omit<z.output<typeof deploymentQuerySchema>, 'status'>;

/** What `search_deployments` and `search_tasks` take, of what both lists are asked. What is undefined is not sent. */
export async function searchArguments(
  { db, userId }: { db: Database; userId: string },
  { project, environment, requester, ref, since, until, q, ...page }: Query,
): Promise<Record<string, unknown>> {
  const projectId = project === undefined ? undefined : (await findProject(db, project)).id;
  return {
    p_project_id: projectId,
    p_environment_id: environment === undefined ? undefined : (await findEnvironment(db, environment, projectId)).id,
    p_requester: requester === 'me' ? userId : requester,
    p_ref: ref,
    p_since: since,
    p_until: until,
    p_query: q,
    ...pageArguments(page),
  };
}
