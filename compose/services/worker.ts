import { env } from '../../contracts/env.ts';
import type { Pool } from '../../contracts/task.ts';
import type { ComposeService } from '../service.ts';
import { gatewayOrigin } from './api.ts';
import { artifactsMount } from './artifacts-mount.ts';
import { engineClientEnvironment, engineClientSecrets, engineNeeds, engineTokenMounts } from './engine-client.ts';
import { httpHealth } from './http-health.ts';

const healthPort = 8081;
/** After its drain limit a worker hands back what is left and ends; this much longer before it is killed. */
const handBackSeconds = 10;

/**
 * Workers run what projects bring along, so they are the farthest from the data: a network with the gateway and the
 * engine only, no database, and a workspace that no other container sees. What they build they share through one volume.
 */
export const worker = (name: 'worker-standard' | 'worker-long', pool: Pool): ComposeService => ({
  name,
  image: 'platform',
  kind: 'service',
  command: ['node', '--max-old-space-size=256', 'dist/workers/main.js'],
  environment: (context) => ({
    [env.supabaseUrl]: gatewayOrigin,
    [env.workerPool]: pool,
    [env.workerSlots]: String(context.settings.pools[pool].slots),
    [env.workerName]: `${context.settings.tenant}-${pool}`,
    [env.workspaceDir]: '/workspace/tasks',
    [env.artifactsDir]: artifactsMount.target,
    [env.drainTimeoutMs]: String(context.settings.drainTimeoutMs),
    [env.workerHealthPort]: String(healthPort),
    HOME: '/workspace/home',
    ...engineClientEnvironment(context),
  }),
  secrets: (context) => ({ [env.secretKey]: context.secrets.secretKey, ...engineClientSecrets(context) }),
  networks: { tasks: {} },
  mounts: (context) => [...engineTokenMounts(context), { volume: null, target: '/workspace' }, artifactsMount],
  tmpfs: ['/tmp'],
  // It waits for the gateway by itself, and both are ready sooner than one after the other.
  needs: { kong: 'service_started', ...engineNeeds },
  health: httpHealth(healthPort, '/health'),
  stopSeconds: ({ settings }) => Math.ceil(settings.drainTimeoutMs / 1000) + handBackSeconds,
  limits: { memoryMegabytes: 2048, cpus: 2, pids: 1024 },
});
