import { z } from 'zod';
import { slugSchema, uuidSchema } from '../scalar.ts';
import { atLeastOne, nothingToChange } from './change.ts';

export const createProjectSchema = z.object({
  /** May be left out by a member of exactly one account. */
  accountId: uuidSchema.optional(),
  slug: slugSchema,
  name: z.string().min(1).max(120).optional(),
  repositoryUrl: z.string().min(1).max(2_000),
  defaultRef: z.string().min(1).max(250).default('main'),
  configPath: z.string().min(1).max(250).default('sfp.yaml'),
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
