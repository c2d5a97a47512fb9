import { verificationJwks } from '../../stack/jwt-keys.ts';
import { local, loopback, type Role } from './role.ts';

/** PostgREST's place. */
export const restRole: Role = {
  name: 'rest',
  entry: 'embedded/rest/main',
  heapMegabytes: 128,
  env: ({ settings, secrets, databaseUrl }) => ({
    PGRST_DB_URI: databaseUrl('authenticator'),
    PGRST_DB_SCHEMAS: 'public',
    PGRST_DB_ANON_ROLE: 'anon',
    PGRST_DB_EXTRA_SEARCH_PATH: 'public,extensions',
    PGRST_DB_MAX_ROWS: '1000',
    PGRST_DB_POOL: '10',
    PGRST_JWT_SECRET: verificationJwks(secrets.jwtSigningKey, secrets.jwtSecret, secrets.previousVerificationKey),
    PGRST_SERVER_HOST: loopback,
    PGRST_SERVER_PORT: String(settings.ports.rest),
    PGRST_ADMIN_SERVER_HOST: loopback,
    PGRST_ADMIN_SERVER_PORT: String(settings.ports.restAdmin),
  }),
  probe: ({ settings }) => ({ kind: 'http', url: `${local(settings.ports.restAdmin)}/ready` }),
  // The admin port is not part of a service's URL; the root answers 200, 401 or 403 when the database is there.
  remoteProbe: (url) => ({ kind: 'http', url: `${url}/`, accept: ({ status }) => status < 500 }),
  needs: ['postgres'],
  stopTimeoutMs: () => 5_000,
};
