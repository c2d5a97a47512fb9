import { z } from 'zod';
import type { Deployed } from '../../contracts/deployed.ts';
import { deploymentOriginSchema } from '../../contracts/deployment.ts';

const plainSchema = z.object({
  id: z.string(),
  environment_id: z.string(),
  origin: deploymentOriginSchema,
  ref: z.string(),
  commit_sha: z.string().nullable(),
  build_id: z.string().nullable(),
  release_id: z.string().nullable(),
  requested_by: z.string().nullable(),
  finished_at: z.string(),
});
export const deployedRowSchema = plainSchema.extend({
  builds: z.object({ number: z.number() }).nullable(),
  releases: z.object({ name: z.string() }).nullable(),
});
/** By name: a build also refers to the deployment that made it. */
const build = 'builds!deployments_build_id_project_id_account_id_fkey(number)';
export const deployedColumns = [...Object.keys(plainSchema.shape), build, 'releases(name)'].join(',');

export const toDeployed = (row: z.output<typeof deployedRowSchema>): Deployed => ({
  deploymentId: row.id,
  origin: row.origin,
  ref: row.ref,
  commitSha: row.commit_sha,
  build: row.build_id === null || row.builds === null ? null : { id: row.build_id, number: row.builds.number },
  release: row.release_id === null || row.releases === null ? null : { id: row.release_id, name: row.releases.name },
  requestedBy: row.requested_by,
  finishedAt: row.finished_at,
});
