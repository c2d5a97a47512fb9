import { z } from 'zod';
import { environmentCategorySchema } from '../project.ts';
import { slugSchema, timestampSchema, uuidSchema } from '../scalar.ts';
import { poolSchema } from '../task.ts';

const variablesSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string());
const atLeastOne = (body: object): boolean => Object.values(body).some((value) => value !== undefined);
const nothingToChange = { error: 'Nothing to change: name at least one field.' };

/** Bodies of the POST requests that create something. Every one of them honours `Idempotency-Key`. */
export const createAccountSchema = z.object({ slug: slugSchema, name: z.string().min(1).max(120) });

export const createProjectSchema = z.object({
  /** May be left out by a member of exactly one account. */
  accountId: uuidSchema.optional(),
  slug: slugSchema,
  name: z.string().min(1).max(120).optional(),
  repositoryUrl: z.string().min(1).max(2_000),
  defaultRef: z.string().min(1).max(250).default('main'),
  configPath: z.string().min(1).max(250).default('sfp.yaml'),
});

export const createEnvironmentSchema = z.object({
  slug: slugSchema,
  name: z.string().min(1).max(120).optional(),
  category: environmentCategorySchema.default('dev'),
  variables: variablesSchema.default({}),
});

/** PATCH /api/v1/projects/{idOrSlug}: what is left out stays. Strict, so that a misspelt field is not taken for no change. */
export const updateProjectSchema = z
  .strictObject({
    name: z.string().min(1).max(120).optional(),
    repositoryUrl: z.string().min(1).max(2_000).optional(),
    defaultRef: z.string().min(1).max(250).optional(),
    configPath: z.string().min(1).max(250).optional(),
  })
  .refine(atLeastOne, nothingToChange);

/** PATCH /api/v1/environments/{id}: what is left out stays; `variables` takes the place of all that there were. */
export const updateEnvironmentSchema = z
  .strictObject({
    name: z.string().min(1).max(120).optional(),
    category: environmentCategorySchema.optional(),
    variables: variablesSchema.optional(),
  })
  .refine(atLeastOne, nothingToChange);

/** `project` and `environment` take an id or a slug. */
export const createDeploymentSchema = z.object({
  project: z.string().min(1),
  environment: z.string().min(1),
  /** Branch, tag or commit; the project's default ref when left out. */
  ref: z.string().min(1).max(250).optional(),
  pool: poolSchema.default('standard'),
});

export const createTokenSchema = z.object({
  accountId: uuidSchema.optional(),
  name: z.string().min(1).max(120),
  expiresAt: timestampSchema.nullable().default(null),
});

/** GET /api/v1/tasks/{id}/events */
export const eventsQuerySchema = z.object({
  afterSeq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});
