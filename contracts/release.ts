import { z } from 'zod';
import { timestampSchema, uuidSchema } from './scalar.ts';

export const releaseStatuses = ['pending', 'in_progress', 'finalized', 'aborted'] as const;
export const releaseStatusSchema = z.enum(releaseStatuses);
export type ReleaseStatus = z.infer<typeof releaseStatusSchema>;

/** Legal moves; the first deployment of a release moves it to `in_progress`. SQL enforces the same table. */
export const releaseTransitions: Record<ReleaseStatus, readonly ReleaseStatus[]> = {
  pending: ['in_progress', 'aborted'],
  in_progress: ['finalized', 'aborted'],
  finalized: [],
  aborted: [],
};

const releaseCommitSchema = z.object({ sha: z.string(), author: z.string(), subject: z.string() });

export const releaseSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  name: z.string(),
  description: z.string(),
  status: releaseStatusSchema,
  /** Its definition: one build a project. */
  builds: z.array(z.object({ projectId: uuidSchema, buildId: uuidSchema })),
  /** By project id: the commits since the release before it. */
  changelog: z.record(z.string(), z.array(releaseCommitSchema)),
  requestedBy: uuidSchema.nullable(),
  endedBy: uuidSchema.nullable(),
  endedAt: timestampSchema.nullable(),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Release = z.infer<typeof releaseSchema>;
