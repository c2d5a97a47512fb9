import { z } from 'zod';
import { credentialValueSchema, integrationProviderSchema } from '../integration.ts';
import { pageQuerySchema, slugSchema, uuidSchema } from '../scalar.ts';
import { atLeastOne, nothingToChange } from './change.ts';

/** The secret has a request of its own: its body must not go into what `Idempotency-Key` keeps, not even as a hash. */
export const createIntegrationSchema = z.object({
  accountId: uuidSchema.optional(),
  /** Id or slug; for every project of the account when left out. */
  project: z.string().min(1).optional(),
  /** Id, or slug together with `project`; for every environment when left out. */
  environment: z.string().min(1).optional(),
  provider: integrationProviderSchema.default('generic'),
  name: slugSchema,
});

/** PATCH /api/v1/integrations/{id}: what is left out stays. */
export const updateIntegrationSchema = z
  .strictObject({ name: slugSchema.optional(), enabled: z.boolean().optional() })
  .refine(atLeastOne, nothingToChange);

/** PUT /api/v1/integrations/{id}/secret */
export const setIntegrationSecretSchema = z.strictObject({ value: credentialValueSchema });

/** GET /api/v1/integrations */
export const integrationQuerySchema = pageQuerySchema.extend({
  accountId: uuidSchema.optional(),
  /** Id or slug: only those of this project and its environments. */
  project: z.string().min(1).optional(),
  /** Id, or slug together with `project`: only those of this environment. */
  environment: z.string().min(1).optional(),
  name: slugSchema.optional(),
  provider: integrationProviderSchema.optional(),
});
