import { z } from 'zod';
import type { Project } from '../../contracts/project.ts';

export const projectRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  slug: z.string(),
  name: z.string(),
  repository_url: z.string(),
  default_ref: z.string(),
  config_path: z.string(),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export const projectColumns = Object.keys(projectRowSchema.shape).join(',');

export const toProject = (row: z.output<typeof projectRowSchema>): Project => ({
  id: row.id,
  accountId: row.account_id,
  slug: row.slug,
  name: row.name,
  repositoryUrl: row.repository_url,
  defaultRef: row.default_ref,
  configPath: row.config_path,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
