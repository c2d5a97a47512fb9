import { z } from 'zod';
import { timestampSchema, uuidSchema } from './scalar.ts';

interface SettingRule {
  standard: number;
  lowest: number;
  highest: number;
  summary: string;
}

/** What an account or a project may decide, and what holds when neither does. SQL has the same table (compared by a test). */
export const settingRules = {
  artifactRetentionDays: { standard: 90, lowest: 1, highest: 3_650, summary: 'Days that what a build made is kept' },
  artifactRetentionCount: {
    standard: 10,
    lowest: 1,
    highest: 1_000,
    summary: 'So many of the newest builds stay, however old',
  },
  approvalTimeoutSeconds: {
    standard: 86_400,
    lowest: 60,
    highest: 2_592_000,
    summary: 'How long a deployment waits for approvals, where its environment does not say',
  },
  deploymentTimeoutSeconds: {
    standard: 1_800,
    lowest: 60,
    highest: 86_400,
    summary: 'How long a deployment may run, where the project file does not say',
  },
} as const satisfies Record<string, SettingRule>;
export type SettingName = keyof typeof settingRules;
export const settingNames = Object.keys(settingRules) as SettingName[];

const settingValue = ({ lowest, highest, summary }: SettingRule) =>
  z.number().int().min(lowest).max(highest).describe(summary);
const valueSchemas = {
  artifactRetentionDays: settingValue(settingRules.artifactRetentionDays),
  artifactRetentionCount: settingValue(settingRules.artifactRetentionCount),
  approvalTimeoutSeconds: settingValue(settingRules.approvalTimeoutSeconds),
  deploymentTimeoutSeconds: settingValue(settingRules.deploymentTimeoutSeconds),
} satisfies Record<SettingName, z.ZodType>;

/** What is said in one place; what is not said there comes from further up. */
export const settingEntriesSchema = z.strictObject(valueSchemas).partial();
export type SettingEntries = z.infer<typeof settingEntriesSchema>;

/** Where a value comes from. */
const settingSources = ['project', 'account', 'platform'] as const;
const effectiveSchema = z.object({ value: z.number().int(), source: z.enum(settingSources) });

export const settingsSchema = z.object({
  accountId: uuidSchema,
  /** Null: the account's own. */
  projectId: uuidSchema.nullable(),
  /** What is said here. */
  entries: settingEntriesSchema,
  /** What holds here, and who says so. */
  effective: z.record(z.enum(Object.keys(settingRules) as [SettingName, ...SettingName[]]), effectiveSchema),
  version: z.number().int(),
  updatedAt: timestampSchema,
});
export type Settings = z.infer<typeof settingsSchema>;

/** What holds, from the narrowest that says something. */
export function effectiveSettings(account: SettingEntries, project: SettingEntries = {}): Settings['effective'] {
  const entries = settingNames.map((name) => {
    if (project[name] !== undefined) return [name, { value: project[name], source: 'project' }] as const;
    if (account[name] !== undefined) return [name, { value: account[name], source: 'account' }] as const;
    return [name, { value: settingRules[name].standard, source: 'platform' }] as const;
  });
  return Object.fromEntries(entries) as Settings['effective'];
}
