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

export const releaseNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/,
    'letters, digits, dots, hyphens, underscores and plus, 1 to 100 characters',
  );

/** What changed in one project, as far as its builds recorded it. */
export const releaseChangesSchema = z.object({
  /** The finalized release before it that had the project, with its build; null when this is the first. */
  since: z
    .object({
      releaseId: uuidSchema,
      release: z.string(),
      buildId: uuidSchema,
      build: z.number().int(),
      commitSha: z.string().nullable(),
    })
    .nullable(),
  /** Newest first, at most 500. */
  commits: z.array(z.object({ sha: z.string(), author: z.string(), subject: z.string() })),
});

/** One build of a release's definition. */
const releaseBuildSchema = z.object({
  projectId: uuidSchema,
  project: z.string(),
  buildId: uuidSchema,
  number: z.number().int(),
  ref: z.string(),
  commitSha: z.string().nullable(),
});

export const releaseSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  name: z.string(),
  description: z.string(),
  status: releaseStatusSchema,
  /** Its definition: at most one build a project. It changes while the release is pending, and then no more. */
  builds: z.array(releaseBuildSchema),
  /** Whatever tools keep with it. */
  metadata: z.record(z.string(), z.unknown()),
  requestedBy: uuidSchema.nullable(),
  /** Who finalized or aborted it. */
  endedBy: uuidSchema.nullable(),
  endedAt: timestampSchema.nullable(),
  endReason: z.string(),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Release = z.infer<typeof releaseSchema>;

/** By project id. Fixed when the release is first deployed. */
export const releaseChangelogSchema = z.object({
  releaseId: uuidSchema,
  release: z.string(),
  projects: z.record(z.string(), releaseChangesSchema),
});
export type ReleaseChangelog = z.infer<typeof releaseChangelogSchema>;
