import { z } from 'zod';
import {
  associationStatuses,
  type PlatformAssociation,
  platformHostSchema,
} from '../../contracts/platform-association.ts';

export const associationRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string(),
  host: platformHostSchema,
  host_url: z.string(),
  repository: z.string(),
  integration_id: z.string().nullable(),
  default_branch: z.string().nullable(),
  status: z.enum(associationStatuses),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});
export const associationColumns = Object.keys(associationRowSchema.shape).join(',');

export const toAssociation = (row: z.output<typeof associationRowSchema>): PlatformAssociation => ({
  id: row.id,
  accountId: row.account_id,
  projectId: row.project_id,
  host: row.host,
  hostUrl: row.host_url,
  repository: row.repository,
  integrationId: row.integration_id,
  defaultBranch: row.default_branch,
  status: row.status,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
