import { z } from 'zod';
import { deploymentMetadataSchema, type Stage } from './deployment.ts';
import { failureSchema } from './error.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';
import { poolSchema } from './task.ts';

export const buildStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;
export const buildStatusSchema = z.enum(buildStatuses);
export type BuildStatus = z.infer<typeof buildStatusSchema>;

/** The stages that a task of type `build` runs. */
export const buildStages = ['checkout', 'build', 'validate'] as const satisfies readonly Stage[];

/** Legal moves; `expired`: retention has removed its files. SQL enforces the same table. */
export const buildTransitions: Record<BuildStatus, readonly BuildStatus[]> = {
  queued: ['running', 'cancelled', 'failed'],
  running: ['succeeded', 'failed', 'cancelled', 'queued'],
  succeeded: ['expired'],
  failed: [],
  cancelled: [],
  expired: [],
};

/** One file that a build keeps. `source` is the checkout itself, as a tar archive; the content of a `link` is where it points. */
export const buildArtifactSchema = z.object({
  kind: z.enum(['source', 'file', 'link']),
  /** Below the checkout. */
  path: z.string(),
  /** SHA-256, hex. */
  digest: z.string(),
  sizeBytes: z.number().int(),
  executable: z.boolean(),
});
export type BuildArtifact = z.infer<typeof buildArtifactSchema>;

export const buildSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  projectId: uuidSchema,
  /** 1, 2, 3 … in the project. */
  number: z.number().int(),
  taskId: uuidSchema.nullable(),
  /** The deployment that made it on its way; null for one that was asked for by itself. */
  deploymentId: uuidSchema.nullable(),
  ref: z.string(),
  commitSha: z.string().nullable(),
  pool: poolSchema,
  status: buildStatusSchema,
  /** Bytes of all that it keeps. */
  sizeBytes: z.number().int(),
  /** False: it has build steps and names no `artifacts`, so what they made was not kept and it cannot be deployed again. */
  complete: z.boolean(),
  metadata: deploymentMetadataSchema,
  failure: failureSchema.nullable(),
  requestedBy: uuidSchema.nullable(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.nullable(),
  finishedAt: timestampSchema.nullable(),
});
export type Build = z.infer<typeof buildSchema>;
