import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { env } from '../contracts/env.ts';
import { roleNames } from '../stack/server-settings.ts';
import type { Stack } from '../stack/stack.ts';
import { netService } from './net-service.ts';
import { nodeProgram } from './node-program.ts';
import { postgresService } from './postgres-service.ts';
import type { Role, RoleContext } from './roles/role.ts';
import { roleTable } from './roles/role-table.ts';
import type { Probe, Service, ServiceRun } from './supervisor/service.ts';

export interface ServicesOptions {
  /** Given to every program, below its own environment. */
  baseEnv: Readonly<Record<string, string>>;
  log: Logger;
  /**
   * The database has already been healthy with this version of the platform, so what auth and Realtime add to it is there,
   * and the migrations need not wait for them.
   */
  databaseKnown: boolean;
}

/** All services of the stack as data, in no particular order. */
export const stackServices = (stack: Stack, context: RoleContext, options: ServicesOptions): Service[] => [
  postgresService(stack, options.log),
  netService(context, options.log),
  migrationsService(context, options),
  ...roleNames.map((name) => roleService(roleTable[name], context, options.baseEnv)),
];

function migrationsService(context: RoleContext, { baseEnv, databaseKnown }: ServicesOptions): Service {
  const command = nodeProgram('migrations/main', 96, {
    ...baseEnv,
    [env.migrationsDatabaseUrl]: context.databaseUrl('postgres'),
    [env.dispatchUrl]: `${context.urls.api}/api/v1/internal/dispatch`,
    [env.dispatchSecret]: context.secrets.dispatchSecret,
  });
  return {
    name: 'migrations',
    run: { kind: 'task', ...command },
    probe: { kind: 'alive' },
    needs: databaseKnown ? ['postgres'] : ['postgres', 'auth', 'realtime'],
    stopTimeoutMs: 30_000,
    startTimeoutMs: 600_000,
  };
}

export function roleService(role: Role, context: RoleContext, baseEnv: Readonly<Record<string, string>>): Service {
  const { run, probe } = roleRun(role, context, baseEnv);
  return {
    name: role.name,
    run,
    probe,
    needs: role.needs,
    stopTimeoutMs: role.stopTimeoutMs(context),
    startTimeoutMs: 30_000,
  };
}

/** Who plays the role: our program, a foreign one with the same environment, ports and health, or a service elsewhere. */
function roleRun(
  role: Role,
  context: RoleContext,
  baseEnv: Readonly<Record<string, string>>,
): { run: ServiceRun; probe: Probe } {
  const source = context.settings.roles[role.name] ?? 'builtin';
  if (source !== 'builtin' && 'url' in source) {
    const url = source.url.replace(/\/+$/, '');
    const probe: Probe =
      source.health === undefined ? role.remoteProbe(url, context) : { kind: 'http', url: source.health };
    return { run: { kind: 'remote', url }, probe };
  }
  const probe = role.probe(context);
  const environment = { ...baseEnv, ...role.env(context) };
  if (source === 'builtin') {
    return { run: { kind: 'process', ...nodeProgram(role.entry, role.heapMegabytes, environment) }, probe };
  }
  const { dir } = context.layout;
  // A path with a slash is meant from the stack's directory, a bare name from PATH, as in a shell.
  const program = source.program.includes('/') ? resolve(dir, source.program) : source.program;
  return {
    run: {
      kind: 'process',
      program,
      args: source.args,
      env: { ...environment, ...source.env },
      cwd: source.cwd === undefined ? dir : resolve(dir, source.cwd),
    },
    probe,
  };
}
