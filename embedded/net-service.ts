import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { startNetWorker } from './net/main.ts';
import type { RoleContext } from './roles/role.ts';
import type { HostedService, Service } from './supervisor/service.ts';

/** The worker of `net.http_*`, inside the supervisor: it sleeps in one LISTEN and would cost 40 MB as a process. */
export const netService = (context: RoleContext, log: Logger): Service => ({
  name: 'net',
  run: {
    kind: 'hosted',
    configuration: {
      port: context.settings.ports.postgres,
      password: createHash('sha256').update(context.databasePassword('supabase_admin')).digest('hex'),
    },
    start: async (): Promise<HostedService> => {
      const worker = await startNetWorker({ databaseUrl: context.databaseUrl('supabase_admin'), log });
      return { pid: null, ended: new Promise(() => undefined), stop: () => worker.stop() };
    },
  },
  probe: { kind: 'alive' },
  needs: ['postgres'],
  stopTimeoutMs: 5_000,
  startTimeoutMs: 30_000,
});
