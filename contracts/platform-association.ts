import { z } from 'zod';
import { branchPatternSchema } from './environment-protection.ts';
import { timestampSchema, uuidSchema } from './scalar.ts';

/** Platforms that repositories live on, where they are when nobody says, and what their repositories are called there. */
export const platformHosts = {
  github: { url: 'https://github.com', repository: /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/, form: 'owner/repository' },
  'azure-devops': {
    url: 'https://dev.azure.com',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as the database's check
    repository: /^[^/\u0000-\u001f\u007f]+\/[^/\u0000-\u001f\u007f]+\/[^/\u0000-\u001f\u007f]+$/,
    form: 'organisation/project/repository',
  },
} as const;
export const platformHostNames = ['github', 'azure-devops'] as const satisfies readonly (keyof typeof platformHosts)[];
export const platformHostSchema = z.enum(platformHostNames);

export const associationStatuses = ['active', 'disabled'] as const;

/** http(s) with neither user nor query: a credential is an integration's. */
export const hostUrlSchema = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[^\s?#@]*)?$/, 'an http(s) URL without user, query or fragment');
export const defaultBranchSchema = branchPatternSchema;

/** Which repository of which platform a project is. */
export const platformAssociationSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  projectId: uuidSchema,
  host: platformHostSchema,
  hostUrl: z.string(),
  repository: z.string(),
  /** The credential that it is asked with; null for none. */
  integrationId: uuidSchema.nullable(),
  defaultBranch: z.string().nullable(),
  status: z.enum(associationStatuses),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type PlatformAssociation = z.infer<typeof platformAssociationSchema>;
