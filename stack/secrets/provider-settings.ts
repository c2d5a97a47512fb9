import { z } from 'zod';

/** Where secrets come from. What a provider does not supply is generated once and kept in secrets.json. */
export const secretsProviderSchema = z.discriminatedUnion('provider', [
  z.strictObject({ provider: z.literal('generated') }),
  z.strictObject({
    provider: z.literal('environment'),
    /** Of the variables; `SFP_SECRET_` when left out. */
    prefix: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, 'capitals, digits and "_"')
      .optional(),
  }),
  z.strictObject({
    provider: z.literal('file'),
    /** JSON, readable by its owner only. */
    path: z.string().regex(/^\//, 'an absolute path'),
  }),
  z.strictObject({
    provider: z.literal('command'),
    /** Program and arguments; no shell. Prints JSON. */
    command: z.array(z.string().min(1)).min(1),
  }),
]);
export type SecretsProvider = z.infer<typeof secretsProviderSchema>;

/** How messages call it. */
export function providerName(provider: SecretsProvider): string {
  switch (provider.provider) {
    case 'generated':
      return 'secrets.json';
    case 'environment':
      return `the environment (${prefixOf(provider)}…)`;
    case 'file':
      return `the file ${provider.path}`;
    case 'command':
      return `the command ${provider.command[0]}`;
  }
}

export const prefixOf = ({ prefix }: { prefix?: string | undefined }): string => prefix ?? 'SFP_SECRET_';

export const generated: SecretsProvider = { provider: 'generated' };
