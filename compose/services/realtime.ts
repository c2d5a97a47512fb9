import { verificationJwks } from '../../stack/jwt-keys.ts';
import type { ComposeService } from '../service.ts';

const tenant = 'realtime-dev';

/** supabase/realtime. It finds its tenant by the first part of the host name that it is asked under: hence the alias. */
export const realtime: ComposeService = {
  name: 'realtime',
  image: 'realtime',
  kind: 'service',
  environment: () => ({
    PORT: '4000',
    DB_HOST: 'db',
    DB_PORT: '5432',
    DB_NAME: 'postgres',
    DB_USER: 'supabase_admin',
    DB_AFTER_CONNECT_QUERY: 'SET search_path TO _realtime',
    APP_NAME: 'realtime',
    SELF_HOST_TENANT_NAME: tenant,
    SEED_SELF_HOST: 'true',
    RUN_JANITOR: 'true',
    ERL_AFLAGS: '-proto_dist inet_tcp',
    DNS_NODES: "''",
    RLIMIT_NOFILE: '10000',
    DISABLE_HEALTHCHECK_LOGGING: 'true',
    // Limits of the tenant, which the seed makes anew at each start. The defaults (200 users, 100 events a second and
    // 100 kB a second) are reached by a handful of people who watch one noisy deployment.
    TENANT_MAX_CONCURRENT_USERS: '5000',
    TENANT_MAX_EVENTS_PER_SECOND: '5000',
    TENANT_MAX_JOINS_PER_SECOND: '1000',
    TENANT_MAX_CHANNELS_PER_CLIENT: '500',
    TENANT_MAX_BYTES_PER_SECOND: '20000000',
    // A token with many claims is longer than the default of 4096 allows.
    MAX_HEADER_LENGTH: '16384',
  }),
  secrets: ({ secrets, password }) => ({
    DB_PASSWORD: password('supabase_admin'),
    DB_ENC_KEY: secrets.realtimeEncryptionKey,
    API_JWT_SECRET: secrets.jwtSecret,
    API_JWT_JWKS: verificationJwks(secrets.jwtSigningKey, secrets.jwtSecret, secrets.previousVerificationKey),
    SECRET_KEY_BASE: secrets.realtimeSecretKeyBase,
    METRICS_JWT_SECRET: secrets.realtimeMetricsSecret,
    // Of the health check.
    SFP_ANON_KEY: secrets.anonKey,
  }),
  networks: { data: {}, services: { aliases: [`${tenant}.supabase-realtime`] } },
  tmpfs: ['/tmp'],
  needs: { 'db-setup': 'service_completed_successfully' },
  // The endpoint answers 200 with `healthy: false` too, so the body decides. The key comes over stdin, not in argv.
  health: {
    test: [
      'CMD-SHELL',
      `printf 'Authorization: Bearer %s' "$SFP_ANON_KEY" | curl -fsS --max-time 4 -H @- http://localhost:4000/api/tenants/${tenant}/health | grep -Eq '"healthy" *: *true'`,
    ],
    intervalSeconds: 3,
    timeoutSeconds: 5,
    retries: 10,
    startSeconds: 90,
  },
  stopSeconds: () => 30,
  limits: { memoryMegabytes: 1024, cpus: 2, pids: 512 },
  exceptions: {
    root: 'the entry script becomes nobody for its migrations by itself; which releases may start as another user is not verified',
    writableRoot: 'an Erlang release writes below /app at its start; not tried read-only',
    capabilities: {
      names: ['AUDIT_WRITE', 'SETGID', 'SETUID'],
      why: 'the entry script changes to nobody through sudo or runuser, which write an audit record',
    },
  },
};
