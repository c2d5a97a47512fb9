import { z } from 'zod';
import { deployedSchema } from './deployed.ts';
import { heldLockSchema } from './environment-lock.ts';
import { branchPatternSchema, protectionSchema } from './environment-protection.ts';
import { credentialsSchema } from './integration.ts';
import { slugSchema, timestampSchema, uuidSchema } from './scalar.ts';

export const environmentCategories = ['dev', 'test', 'staging', 'production'] as const;
export const environmentCategorySchema = z.enum(environmentCategories);

export const projectSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  slug: slugSchema,
  name: z.string(),
  /** Anything `git clone` takes: https, ssh, or a path on the workers' machine. */
  repositoryUrl: z.string(),
  defaultRef: z.string(),
  /** Path of the project file inside the repository. */
  configPath: z.string(),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Project = z.infer<typeof projectSchema>;

export const environmentSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  projectId: uuidSchema,
  slug: slugSchema,
  name: z.string(),
  category: environmentCategorySchema,
  /** Given to every step of a deployment as environment variables. Never secret. */
  variables: z.record(z.string(), z.string()),
  /** Secret variables, by the names of integrations: variable → name. Given to every step too. */
  credentials: credentialsSchema,
  /** Which branches belong to it, for deployments that a push asks for; null for none. */
  branchPattern: branchPatternSchema.nullable(),
  /** What it asks of a deployment. */
  protection: protectionSchema,
  /** Whose it is at this moment, null when nobody’s; only in answers to GET. */
  lock: heldLockSchema.nullable().optional(),
  /** What it has at this moment, null for nothing yet; only in answers to GET. */
  deployed: deployedSchema.nullable().optional(),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Environment = z.infer<typeof environmentSchema>;
