import { z } from 'zod';
import { slugSchema, timestampSchema, uuidSchema } from './scalar.ts';

/** What a credential is for. `generic`: whatever a step needs. */
export const integrationProviders = ['generic', 'github', 'azure-devops', 'jenkins', 'slack'] as const;
export const integrationProviderSchema = z.enum(integrationProviders);

/** A step that asks for a name gets its environment's integration, else its project's, else the account's. */
export const integrationScopeSchema = z.enum(['environment', 'project', 'account']);

/** `empty`: no secret was set yet. */
export const integrationStatusSchema = z.enum(['empty', 'active', 'disabled']);

/** What is known of a credential. The secret is in no answer of any route. */
export const integrationSchema = z.object({
  id: uuidSchema,
  accountId: uuidSchema,
  /** Null for one of the account. */
  projectId: uuidSchema.nullable(),
  /** Null for one of every environment. */
  environmentId: uuidSchema.nullable(),
  scope: integrationScopeSchema,
  provider: integrationProviderSchema,
  /** What a project file asks for it by. */
  name: slugSchema,
  enabled: z.boolean(),
  status: integrationStatusSchema,
  /** How often a secret was set; 0: never. */
  secretVersion: z.number().int(),
  secretSetAt: timestampSchema.nullable(),
  version: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Integration = z.infer<typeof integrationSchema>;

/** Variable → name of an integration: how an environment and a step say which credentials they want. */
export const credentialsSchema = z.record(
  z.string().regex(/^(?!SFP_)[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable, none of SFP_…'),
  slugSchema,
);

const maxSecretBytes = 65_536;

/** Long enough to be masked in a log, short enough for one variable of a process, and text that a variable can hold. */
export const credentialValueSchema = z
  .string()
  .refine((text) => text.trim().length >= 6, 'at least 6 characters, so that it can be masked in logs')
  .refine((text) => Buffer.byteLength(text) <= maxSecretBytes, 'at most 64 KiB')
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'text without NUL');
