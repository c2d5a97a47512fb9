import { SfpError } from '../contracts/error.ts';
import { rolePassword } from '../stack/role-password.ts';
import { publicUrl } from '../stack/server-settings.ts';
import type { Stack } from '../stack/stack.ts';
import type { ServiceContext } from './service.ts';

/** Everything that services are rendered from, out of the stack's files. */
export function serviceContext({ settings, secrets }: Stack, vaultRootKey: string): ServiceContext {
  const password = (role: string): string => rolePassword(secrets.databasePassword, role);
  return {
    settings,
    secrets,
    vaultRootKey,
    publicUrl: publicUrl(settings),
    password,
    databaseUrl: (role, database = 'postgres') => `postgresql://${role}:${password(role)}@db:5432/${database}`,
    externalHatchet: externalHatchet({ settings, secrets }),
  };
}

/** A task engine elsewhere is the one role that a stack of containers can leave to somebody else. */
function externalHatchet({
  settings,
  secrets,
}: Pick<Stack, 'settings' | 'secrets'>): ServiceContext['externalHatchet'] {
  for (const [role, source] of Object.entries(settings.roles)) {
    if (source === 'builtin' || (role === 'hatchet' && 'url' in source)) continue;
    throw new SfpError({
      code: 'role_override_not_supported',
      message: `server.json gives the role "${role}" to something else, which a stack of containers cannot do.`,
      suggestion: `Take "roles.${role}" out, and name another image under "images" instead; only "hatchet" may have a URL.`,
    });
  }
  const source = settings.roles.hatchet;
  if (source === undefined || source === 'builtin' || !('url' in source)) return null;
  if (secrets.hatchetClientToken === undefined) {
    throw new SfpError({
      code: 'secret_missing',
      message: 'server.json names a task engine elsewhere, but secrets.json has no "hatchetClientToken".',
      suggestion: 'Make a client token there and write it into the stack’s secrets.json.',
    });
  }
  return { url: source.url, grpc: source.grpc ?? `${new URL(source.url).hostname}:7070` };
}
