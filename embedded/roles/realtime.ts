import { verificationJwks } from '../../stack/jwt-keys.ts';
import type { Probe } from '../supervisor/service.ts';
import { local, loopback, type Role, type RoleContext } from './role.ts';

const tenant = 'realtime-dev';

/** The real one answers 200 also with `healthy: false`, so the body decides. */
const tenantProbe = (origin: string, { secrets }: RoleContext): Probe => ({
  kind: 'http',
  url: `${origin}/api/tenants/${tenant}/health`,
  headers: { authorization: `Bearer ${secrets.anonKey}` },
  accept: ({ status, body }) => status === 200 && /"healthy"\s*:\s*true/.test(body),
});

/** supabase/realtime's place. */
export const realtimeRole: Role = {
  name: 'realtime',
  entry: 'embedded/realtime/main',
  heapMegabytes: 192,
  env: ({ settings, secrets, databasePassword }) => ({
    HOST: loopback,
    PORT: String(settings.ports.realtime),
    DB_HOST: loopback,
    DB_PORT: String(settings.ports.postgres),
    DB_NAME: 'postgres',
    DB_USER: 'supabase_admin',
    DB_PASSWORD: databasePassword('supabase_admin'),
    API_JWT_SECRET: secrets.jwtSecret,
    API_JWT_JWKS: verificationJwks(secrets.jwtSigningKey, secrets.jwtSecret, secrets.previousVerificationKey),
    SELF_HOST_TENANT_NAME: tenant,
    // From here on what only the real image wants.
    APP_NAME: 'realtime',
    DB_AFTER_CONNECT_QUERY: 'SET search_path TO _realtime',
    DB_ENC_KEY: secrets.realtimeEncryptionKey,
    SECRET_KEY_BASE: secrets.realtimeSecretKeyBase,
    METRICS_JWT_SECRET: secrets.realtimeMetricsSecret,
    SEED_SELF_HOST: 'true',
    RUN_JANITOR: 'true',
    ERL_AFLAGS: '-proto_dist inet_tcp',
    DNS_NODES: "''",
    RLIMIT_NOFILE: '10000',
    DISABLE_HEALTHCHECK_LOGGING: 'true',
  }),
  probe: (context) => tenantProbe(local(context.settings.ports.realtime), context),
  remoteProbe: tenantProbe,
  needs: ['postgres'],
  stopTimeoutMs: () => 5_000,
};
