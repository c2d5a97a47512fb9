import { z } from 'zod';
import {
  type Integration,
  integrationProviderSchema,
  integrationScopeSchema,
  integrationStatusSchema,
} from '../../contracts/integration.ts';

export const integrationRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string().nullable(),
  environment_id: z.string().nullable(),
  scope: integrationScopeSchema,
  provider: integrationProviderSchema,
  name: z.string(),
  enabled: z.boolean(),
  status: integrationStatusSchema,
  secret_version: z.number(),
  secret_set_at: z.string().nullable(),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export const integrationColumns = Object.keys(integrationRowSchema.shape).join(',');

export const toIntegration = (row: z.output<typeof integrationRowSchema>): Integration => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  environmentId: row.environment_id,
  scope: row.scope,
  provider: row.provider,
  name: row.name,
  enabled: row.enabled,
  status: row.status,
  secretVersion: row.secret_version,
  secretSetAt: row.secret_set_at,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
