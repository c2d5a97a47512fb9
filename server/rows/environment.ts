import { z } from 'zod';
import { protectionSchema } from '../../contracts/environment-protection.ts';
import { type Environment, environmentCategorySchema } from '../../contracts/project.ts';

export const environmentRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string(),
  slug: z.string(),
  name: z.string(),
  category: environmentCategorySchema,
  variables: z.record(z.string(), z.string()),
  credentials: z.record(z.string(), z.string()),
  branch_pattern: z.string().nullable(),
  protection: protectionSchema,
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export const environmentColumns = Object.keys(environmentRowSchema.shape).join(',');

export const toEnvironment = (row: z.output<typeof environmentRowSchema>): Environment => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  slug: row.slug,
  name: row.name,
  category: row.category,
  variables: row.variables,
  credentials: row.credentials,
  branchPattern: row.branch_pattern,
  protection: row.protection,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
