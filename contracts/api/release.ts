import { z } from 'zod';
import { releaseNameSchema, releaseStatusSchema } from '../release.ts';
import { pageQuerySchema, uuidSchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';
import { atLeastOne, nothingToChange } from './change.ts';

/** Id or number in its project; the newest that succeeded when left out. */
export const buildChoiceSchema = z.union([uuidSchema, z.number().int().min(1).max(2_147_483_647)]);
const descriptionSchema = z.string().max(2000);
const metadataSchema = z.record(z.string().max(200), z.unknown());

/** POST /api/v1/releases */
export const createReleaseSchema = z.object({
  accountId: uuidSchema.optional(),
  name: releaseNameSchema,
  description: descriptionSchema.default(''),
  metadata: metadataSchema.default({}),
  /** `project`: id or slug, each once. */
  builds: z
    .array(z.object({ project: z.string().min(1), build: buildChoiceSchema.optional() }))
    .max(100)
    .default([]),
});

/** PATCH /api/v1/releases/{idOrName}: what is left out stays. */
export const updateReleaseSchema = z
  .strictObject({
    name: releaseNameSchema.optional(),
    description: descriptionSchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .refine(atLeastOne, nothingToChange);

/** PUT /api/v1/releases/{idOrName}/builds/{project} */
export const setReleaseBuildSchema = z.strictObject({ build: buildChoiceSchema.optional() });

/** POST /api/v1/releases/{idOrName}/finalize */
export const finalizeReleaseSchema = z.strictObject({
  /** Also before each of its builds was deployed; for admins. */
  force: z.boolean().default(false),
  reason: descriptionSchema.default(''),
});

/** POST /api/v1/releases/{idOrName}/abort */
export const abortReleaseSchema = z.strictObject({ reason: descriptionSchema.default('') });

/** GET /api/v1/releases */
export const releaseQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  status: releaseStatusSchema.optional(),
  name: releaseNameSchema.optional(),
  /** Id or slug: only those with a build of this project. */
  project: z.string().min(1).optional(),
});

/** POST /api/v1/releases/{idOrName}/deployments */
export const deployReleaseSchema = z.strictObject({
  /** Slug; of each project the environment of that name. */
  environment: z.string().min(1),
  /** Leave out the projects that have none. */
  skipMissing: z.boolean().default(false),
  pool: poolSchema.default('standard'),
});
