import { z } from 'zod';
import {
  associationStatuses,
  defaultBranchSchema,
  hostUrlSchema,
  platformHostSchema,
  platformHosts,
} from '../platform-association.ts';
import { uuidSchema } from '../scalar.ts';
import { atLeastOne, nothingToChange } from './change.ts';

export const createAssociationSchema = z
  .strictObject({
    host: platformHostSchema,
    /** github.com or dev.azure.com when left out. */
    hostUrl: hostUrlSchema.optional(),
    /** `owner/repository`, or `organisation/project/repository`. */
    repository: z.string().min(1).max(300),
    /** Of the project or its account. */
    integrationId: uuidSchema.nullable().optional(),
    defaultBranch: defaultBranchSchema.nullable().optional(),
  })
  .superRefine(({ host, repository }, context) => {
    const { repository: form, form: words } = platformHosts[host];
    if (!form.test(repository))
      context.addIssue({ code: 'custom', path: ['repository'], message: `write it as ${words}` });
  });

/** PATCH /api/v1/associations/{id}: what is left out stays. Another repository is another association. */
export const updateAssociationSchema = z
  .strictObject({
    integrationId: uuidSchema.nullable().optional(),
    defaultBranch: defaultBranchSchema.nullable().optional(),
    status: z.enum(associationStatuses).optional(),
  })
  .refine(atLeastOne, nothingToChange);
