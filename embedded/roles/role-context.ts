import { rolePassword } from '../../stack/role-password.ts';
import type { RoleName } from '../../stack/server-settings.ts';
import type { Stack } from '../../stack/stack.ts';
import { local, loopback, type RoleContext } from './role.ts';

const urlOf = ({ settings }: Stack, role: RoleName, port: number): string => {
  const source = settings.roles[role];
  const chosen = typeof source === 'object' && 'url' in source ? source.url : local(port);
  return chosen.replace(/\/+$/, '');
};

/** host:port of the gRPC endpoint: ours, the one named in server.json, or hatchet's usual port on the named host. */
export function hatchetGrpcAddress({ settings }: Stack): string {
  const source = settings.roles.hatchet;
  if (typeof source !== 'object' || !('url' in source)) return `${loopback}:${settings.ports.hatchetGrpc}`;
  return source.grpc ?? `${new URL(source.url).hostname}:7070`;
}

/** Everything that roles are configured with, from the stack's files. */
export function roleContext(stack: Stack, hatchetToken: string): RoleContext {
  const { layout, settings, secrets } = stack;
  const { ports } = settings;
  const databasePassword = (role: string): string => rolePassword(secrets.databasePassword, role);
  return {
    layout,
    settings,
    secrets,
    urls: {
      rest: urlOf(stack, 'rest', ports.rest),
      auth: urlOf(stack, 'auth', ports.auth),
      realtime: urlOf(stack, 'realtime', ports.realtime),
      hatchet: urlOf(stack, 'hatchet', ports.hatchetRest),
      gateway: urlOf(stack, 'gateway', ports.gateway),
      api: urlOf(stack, 'api', ports.api),
    },
    hatchetGrpc: hatchetGrpcAddress(stack),
    hatchetToken,
    databasePassword,
    databaseUrl: (role, database = 'postgres') =>
      `postgres://${role}:${databasePassword(role)}@${loopback}:${ports.postgres}/${database}`,
  };
}
