import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { rolePassword } from '../stack/role-password.ts';
import type { Stack } from '../stack/stack.ts';
import { createPostgres, type Postgres } from './postgres/postgres.ts';
import { postgresDataDir } from './stack-end.ts';
import { supervisorPlace } from './supervisor/place.ts';
import type { HostedService, Service } from './supervisor/service.ts';

/** The stack's database server, not started. */
export function stackPostgres({ layout, settings, secrets }: Stack, log: Logger): Postgres {
  return createPostgres({
    dataDir: postgresDataDir(layout),
    socketDir: supervisorPlace(layout).postgresSocketDir,
    port: settings.ports.postgres,
    password: (role) => rolePassword(secrets.databasePassword, role),
    vaultKeyFile: layout.vaultKeyFile,
    logFile: join(layout.logsDir, 'postgres.log'),
    log,
  });
}

export const postgresService = (stack: Stack, log: Logger): Service => ({
  name: 'postgres',
  run: {
    kind: 'hosted',
    start: () => startPostgres(stack, log),
    configuration: {
      port: stack.settings.ports.postgres,
      password: createHash('sha256').update(stack.secrets.databasePassword).digest('hex'),
    },
  },
  probe: { kind: 'alive' },
  needs: [],
  // Its own stop goes from fast to immediate to kill; this is only the outer limit.
  stopSignal: 'SIGINT',
  stopTimeoutMs: 30_000,
  startTimeoutMs: 60_000,
});

async function startPostgres(stack: Stack, log: Logger): Promise<HostedService> {
  const postgres = stackPostgres(stack, log);
  const ended = new Promise<string>((resolve) => postgres.onUnexpectedExit(resolve));
  await postgres.start();
  const status = await postgres.status();
  return { pid: status.state === 'running' ? status.pid : null, ended, stop: () => postgres.stop() };
}
