import { local, loopback, type Role } from './role.ts';

/** Kong's place: the one public port. */
export const gatewayRole: Role = {
  name: 'gateway',
  entry: 'embedded/gateway/main',
  heapMegabytes: 128,
  env: ({ settings, secrets, urls }) => ({
    GATEWAY_HOST: loopback,
    GATEWAY_PORT: String(settings.ports.gateway),
    AUTH_URL: urls.auth,
    REST_URL: urls.rest,
    REALTIME_URL: urls.realtime,
    API_URL: urls.api,
    SUPABASE_ANON_KEY: secrets.anonKey,
    SUPABASE_SERVICE_KEY: secrets.serviceRoleKey,
    SUPABASE_PUBLISHABLE_KEY: secrets.publishableKey,
    SUPABASE_SECRET_KEY: secrets.secretKey,
    ANON_KEY_ASYMMETRIC: secrets.anonToken,
    SERVICE_ROLE_KEY_ASYMMETRIC: secrets.serviceRoleToken,
  }),
  probe: ({ settings }) => ({ kind: 'http', url: `${local(settings.ports.gateway)}/health` }),
  remoteProbe: (url) => ({ kind: 'http', url: `${url}/health` }),
  // Nothing: it answers by itself. API and workers need it, so that it outlives their drain.
  needs: [],
  stopTimeoutMs: () => 5_000,
};
