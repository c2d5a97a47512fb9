import { join } from 'node:path';
import { env } from '../../contracts/env.ts';
import type { Pool } from '../../contracts/task.ts';
import type { PortName } from '../../stack/ports.ts';
import { engineClientEnv } from './engine-client.ts';
import { local, type Role } from './role.ts';

/** After its drain limit a worker hands back what is left and ends; this much longer before it is killed. */
const handBackMs = 10_000;

const workerRole = (name: Role['name'], pool: Pool, healthPort: PortName): Role => ({
  name,
  entry: 'workers/main',
  heapMegabytes: 256,
  env: (context) => ({
    [env.supabaseUrl]: context.urls.gateway,
    [env.secretKey]: context.secrets.secretKey,
    [env.workerPool]: pool,
    [env.workerSlots]: String(context.settings.pools[pool].slots),
    [env.workerName]: `${context.settings.tenant}-${pool}`,
    [env.workspaceDir]: join(context.layout.workspacesDir, pool),
    [env.artifactsDir]: context.layout.artifactsDir,
    [env.drainTimeoutMs]: String(context.settings.drainTimeoutMs),
    [env.workerHealthPort]: String(context.settings.ports[healthPort]),
    ...engineClientEnv(context),
  }),
  probe: ({ settings }) => ({ kind: 'http', url: `${local(settings.ports[healthPort])}/health` }),
  remoteProbe: (url) => ({ kind: 'http', url: `${url}/health` }),
  needs: ['migrations', 'gateway', 'rest', 'hatchet'],
  stopTimeoutMs: ({ settings }) => settings.drainTimeoutMs + handBackMs,
});

export const workerStandardRole = workerRole('worker-standard', 'standard', 'workerStandardHealth');
export const workerLongRole = workerRole('worker-long', 'long', 'workerLongHealth');
