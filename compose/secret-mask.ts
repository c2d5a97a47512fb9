import { rolePassword } from '../stack/role-password.ts';
import type { Stack } from '../stack/stack.ts';

const shortest = 8;

/** Every string in a value, however deep. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

const databaseRoles = ['supabase_admin', 'supabase_auth_admin', 'authenticator', 'postgres', 'hatchet'];

/** Leaves out of a text what only this stack knows: log lines of a failed start go into messages and the journal. */
export function secretMask({ secrets }: Pick<Stack, 'secrets'>): (text: string) => string {
  const { hatchetTenantId: _public, ...secret } = secrets;
  const values = [
    ...strings({ ...secret, jwtSigningKey: secret.jwtSigningKey.d }),
    ...databaseRoles.map((role) => rolePassword(secrets.databasePassword, role)),
  ]
    .filter((value) => value.length >= shortest)
    .sort((one, other) => other.length - one.length);
  return (text) => values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}
