import { z } from 'zod';
import { branchPatternSchema, protectionSchema } from '../environment-protection.ts';
import { credentialsSchema } from '../integration.ts';
import { environmentCategorySchema } from '../project.ts';
import { slugSchema } from '../scalar.ts';
import { atLeastOne, nothingToChange } from './change.ts';

const variablesSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string());

export const createEnvironmentSchema = z.object({
  slug: slugSchema,
  name: z.string().min(1).max(120).optional(),
  category: environmentCategorySchema.default('dev'),
  variables: variablesSchema.default({}),
  /** Variable → name of an integration. */
  credentials: credentialsSchema.default({}),
  branchPattern: branchPatternSchema.optional(),
  protection: protectionSchema.default({}),
});

/** PATCH /api/v1/environments/{id}: what is left out stays; `variables`, `credentials` and `protection` take the place of all that there were. */
export const updateEnvironmentSchema = z
  .strictObject({
    name: z.string().min(1).max(120).optional(),
    category: environmentCategorySchema.optional(),
    variables: variablesSchema.optional(),
    credentials: credentialsSchema.optional(),
    branchPattern: branchPatternSchema.nullable().optional(),
    /** The whole of it: `{}` lifts it. */
    protection: protectionSchema.optional(),
  })
  .refine(atLeastOne, nothingToChange);
