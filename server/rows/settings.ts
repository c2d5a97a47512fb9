import { z } from 'zod';
import {
  effectiveSettings,
  type SettingEntries,
  type Settings,
  settingEntriesSchema,
} from '../../contracts/settings.ts';

export const settingsRowSchema = z.object({
  id: z.string(),
  account_id: z.string(),
  project_id: z.string().nullable(),
  entries: settingEntriesSchema,
  version: z.number(),
  updated_at: z.string(),
});
export type SettingsRow = z.output<typeof settingsRowSchema>;
export const settingsColumns = Object.keys(settingsRowSchema.shape).join(',');

/** @param ofAccount what the account says, which is the row itself when it is the account's */
export const toSettings = (row: SettingsRow, ofAccount: SettingEntries): Settings => ({
  accountId: row.account_id,
  projectId: row.project_id,
  entries: row.entries,
  effective: row.project_id === null ? effectiveSettings(row.entries) : effectiveSettings(ofAccount, row.entries),
  version: row.version,
  updatedAt: row.updated_at,
});
