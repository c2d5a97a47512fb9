import { env } from '../../contracts/env.ts';
import { retentionToEnv } from '../../contracts/retention.ts';
import type { ComposeService } from '../service.ts';
import { artifactsMount } from './artifacts-mount.ts';
import { engineClientEnvironment, engineClientSecrets, engineNeeds, engineTokenMounts } from './engine-client.ts';
import { httpHealth } from './http-health.ts';

const port = 8080;
export const apiOrigin = `http://api:${port}`;
/** The gateway, as the API server and the workers reach it. */
export const gatewayOrigin = 'http://kong:8000';

/** The API server. The database wakes it over the network `data`; everything else it does through the gateway. */
export const api: ComposeService = {
  name: 'api',
  image: 'platform',
  kind: 'service',
  command: ['node', '--max-old-space-size=192', 'dist/server/main.js'],
  environment: (context) => ({
    [env.supabaseUrl]: gatewayOrigin,
    [env.publicUrl]: context.publicUrl,
    [env.tenant]: context.settings.tenant,
    [env.apiHost]: '0.0.0.0',
    [env.apiPort]: String(port),
    ...retentionToEnv(context.settings.retention),
    [env.artifactsDir]: artifactsMount.target,
    ...engineClientEnvironment(context),
  }),
  secrets: (context) => ({
    [env.publishableKey]: context.secrets.publishableKey,
    [env.secretKey]: context.secrets.secretKey,
    [env.jwtSigningKey]: JSON.stringify(context.secrets.jwtSigningKey),
    [env.dispatchSecret]: context.secrets.dispatchSecret,
    ...engineClientSecrets(context),
  }),
  networks: { data: {}, services: {} },
  mounts: (context) => [...engineTokenMounts(context), artifactsMount],
  tmpfs: ['/tmp'],
  // It waits for the gateway by itself, and both are ready sooner than one after the other.
  needs: { kong: 'service_started', ...engineNeeds },
  health: httpHealth(port, '/api/v1/health/live'),
  stopSeconds: () => 15,
  limits: { memoryMegabytes: 384, cpus: 1, pids: 128 },
};
