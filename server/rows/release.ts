import { z } from 'zod';
import { type Release, releaseChangesSchema, releaseStatusSchema } from '../../contracts/release.ts';

const plainSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  description: z.string(),
  status: releaseStatusSchema,
  changelog: z.record(z.string(), releaseChangesSchema),
  metadata: z.record(z.string(), z.unknown()),
  requested_by: z.string().nullable(),
  ended_by: z.string().nullable(),
  ended_at: z.string().nullable(),
  end_reason: z.string(),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export const releaseRowSchema = plainSchema.extend({
  release_builds: z.array(
    z.object({
      project_id: z.string(),
      build_id: z.string(),
      projects: z.object({ slug: z.string() }),
      builds: z.object({ number: z.number(), ref: z.string(), commit_sha: z.string().nullable() }),
    }),
  ),
});
const definition = 'release_builds(project_id,build_id,projects(slug),builds(number,ref,commit_sha))';
export const releaseColumns = [...Object.keys(plainSchema.shape), definition].join(',');

export type ReleaseRow = z.output<typeof releaseRowSchema>;

const bySlug = (a: { project: string }, b: { project: string }): number => (a.project < b.project ? -1 : 1);

export const toRelease = (row: ReleaseRow): Release => ({
  id: row.id,
  accountId: row.account_id,
  name: row.name,
  description: row.description,
  status: row.status,
  builds: row.release_builds
    .map((entry) => ({
      projectId: entry.project_id,
      project: entry.projects.slug,
      buildId: entry.build_id,
      number: entry.builds.number,
      ref: entry.builds.ref,
      commitSha: entry.builds.commit_sha,
    }))
    .sort(bySlug),
  metadata: row.metadata,
  requestedBy: row.requested_by,
  endedBy: row.ended_by,
  endedAt: row.ended_at,
  endReason: row.end_reason,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
