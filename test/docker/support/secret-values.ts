import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { StackLayout } from '../../../stack/layout.ts';
import { rolePassword } from '../../../stack/role-password.ts';

const secretsSchema = z.looseObject({
  databasePassword: z.string(),
  jwtSigningKey: z.looseObject({ d: z.string() }),
});
/** No secret: it names the engine's tenant in every log. */
const publicNames = new Set(['version', 'hatchetTenantId', 'jwtSigningKey']);
const roles = ['supabase_admin', 'supabase_auth_admin', 'authenticator', 'postgres', 'hatchet'];

/** Every value that only this stack may know, by what it is called. */
export function secretValues({ secretsFile, vaultKeyFile }: StackLayout): Record<string, string> {
  const secrets = secretsSchema.parse(JSON.parse(readFileSync(secretsFile, 'utf8')));
  const named = Object.entries(secrets).flatMap(([name, value]) =>
    publicNames.has(name) || typeof value !== 'string' ? [] : [[name, value]],
  );
  return {
    ...Object.fromEntries(named),
    signingKey: secrets.jwtSigningKey.d,
    vaultKey: readFileSync(vaultKeyFile, 'utf8').trim(),
    ...Object.fromEntries(roles.map((role) => [`password of ${role}`, rolePassword(secrets.databasePassword, role)])),
  };
}

/** Names of the secrets that a text holds. */
export const secretsIn = (text: string, secrets: Readonly<Record<string, string>>): string[] =>
  Object.entries(secrets).flatMap(([name, value]) => (text.includes(value) ? [name] : []));
