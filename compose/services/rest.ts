import { verificationJwks } from '../../stack/jwt-keys.ts';
import type { ComposeService } from '../service.ts';

/** PostgREST. It starts after the migrations, and so with the schema as they left it. */
export const rest: ComposeService = {
  name: 'rest',
  image: 'rest',
  kind: 'service',
  environment: () => ({
    PGRST_DB_SCHEMAS: 'public',
    PGRST_DB_ANON_ROLE: 'anon',
    PGRST_DB_EXTRA_SEARCH_PATH: 'public,extensions',
    PGRST_DB_MAX_ROWS: '1000',
    PGRST_DB_POOL: '20',
    PGRST_DB_POOL_ACQUISITION_TIMEOUT: '10',
    PGRST_SERVER_HOST: '*4',
    PGRST_SERVER_PORT: '3000',
    // The check below refuses a wildcard here; nobody else needs this port.
    PGRST_ADMIN_SERVER_HOST: 'localhost',
    PGRST_ADMIN_SERVER_PORT: '3001',
    PGRST_OPENAPI_MODE: 'follow-privileges',
  }),
  secrets: ({ databaseUrl, secrets }) => ({
    PGRST_DB_URI: databaseUrl('authenticator'),
    PGRST_JWT_SECRET: verificationJwks(secrets.jwtSigningKey, secrets.jwtSecret, secrets.previousVerificationKey),
  }),
  networks: { data: {}, services: {} },
  needs: { 'supabase-migrations': 'service_completed_successfully' },
  // The image has no shell and no client: the program asks itself.
  health: {
    test: ['CMD', 'postgrest', '--ready'],
    intervalSeconds: 2,
    timeoutSeconds: 5,
    retries: 12,
    startSeconds: 30,
  },
  stopSeconds: () => 10,
  limits: { memoryMegabytes: 512, cpus: 1, pids: 128 },
};
