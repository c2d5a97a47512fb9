import { env } from '../../contracts/env.ts';
import { retentionToEnv } from '../../contracts/retention.ts';
import { publicUrl } from '../../stack/server-settings.ts';
import { engineClientEnv } from './engine-client.ts';
import { local, loopback, type Role } from './role.ts';

export const apiRole: Role = {
  name: 'api',
  entry: 'server/main',
  heapMegabytes: 192,
  env: (context) => ({
    [env.supabaseUrl]: context.urls.gateway,
    [env.publishableKey]: context.secrets.publishableKey,
    [env.secretKey]: context.secrets.secretKey,
    [env.publicUrl]: publicUrl(context.settings),
    [env.tenant]: context.settings.tenant,
    [env.apiHost]: loopback,
    [env.apiPort]: String(context.settings.ports.api),
    [env.jwtSigningKey]: JSON.stringify(context.secrets.jwtSigningKey),
    [env.dispatchSecret]: context.secrets.dispatchSecret,
    [env.artifactsDir]: context.layout.artifactsDir,
    ...retentionToEnv(context.settings.retention),
    ...engineClientEnv(context),
  }),
  probe: ({ settings }) => ({ kind: 'http', url: `${local(settings.ports.api)}/api/v1/health/live` }),
  remoteProbe: (url) => ({ kind: 'http', url: `${url}/api/v1/health/live` }),
  needs: ['migrations', 'gateway', 'rest', 'auth', 'realtime', 'hatchet'],
  stopTimeoutMs: () => 10_000,
};
