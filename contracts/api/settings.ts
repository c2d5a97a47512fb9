import { z } from 'zod';
import { settingEntriesSchema } from '../settings.ts';
import { atLeastOne, nothingToChange } from './change.ts';

const { shape } = settingEntriesSchema;

/** PATCH …/settings: what is left out stays; null takes back what is said here, so that what is said further up holds. */
export const updateSettingsSchema = z
  .strictObject({
    artifactRetentionDays: shape.artifactRetentionDays.nullable(),
    artifactRetentionCount: shape.artifactRetentionCount.nullable(),
    approvalTimeoutSeconds: shape.approvalTimeoutSeconds.nullable(),
    deploymentTimeoutSeconds: shape.deploymentTimeoutSeconds.nullable(),
  })
  .refine(atLeastOne, nothingToChange);
