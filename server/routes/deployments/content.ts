import type { z } from 'zod';
import type { createDeploymentSchema } from '../../../contracts/api/deployment.ts';
import type { Database } from '../../services/database.ts';
import type { ProjectRow } from '../projects/find.ts';
import { findRelease } from '../releases/find.ts';
import { findBuildId } from '../releases/find-build.ts';

type Wanted = Pick<z.output<typeof createDeploymentSchema>, 'ref' | 'build' | 'release' | 'source'>;

/** The rows' column of what is to be deployed; the database makes the rest of it. */
export async function contentOf(
  db: Database,
  project: ProjectRow,
  { ref, build, release, source }: Wanted,
): Promise<Record<string, string>> {
  if (source !== undefined) return { source_deployment_id: source };
  if (release !== undefined) return { release_id: (await findRelease(db, release, project.account_id)).id };
  if (build !== undefined) return { build_id: await findBuildId(db, project, build) };
  return { ref: ref ?? project.default_ref };
}
