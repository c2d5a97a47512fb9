import { authJwtKeys } from '../../stack/jwt-keys.ts';
import { publicUrl } from '../../stack/server-settings.ts';
import { local, loopback, type Role } from './role.ts';

/** GoTrue's place. */
export const authRole: Role = {
  name: 'auth',
  entry: 'embedded/auth/main',
  heapMegabytes: 96,
  env: ({ settings, secrets, databaseUrl }) => {
    const externalUrl = `${publicUrl(settings)}/auth/v1`;
    return {
      GOTRUE_API_HOST: loopback,
      GOTRUE_API_PORT: String(settings.ports.auth),
      API_EXTERNAL_URL: externalUrl,
      GOTRUE_DB_DRIVER: 'postgres',
      GOTRUE_DB_DATABASE_URL: databaseUrl('supabase_auth_admin'),
      // Both, or the real one opens a connection for each query.
      GOTRUE_DB_MAX_POOL_SIZE: '5',
      GOTRUE_DB_MAX_IDLE_POOL_SIZE: '5',
      GOTRUE_SITE_URL: publicUrl(settings),
      GOTRUE_URI_ALLOW_LIST: '',
      GOTRUE_JWT_SECRET: secrets.jwtSecret,
      GOTRUE_JWT_KEYS: authJwtKeys(secrets.jwtSigningKey, secrets.jwtSecret, secrets.previousVerificationKey),
      GOTRUE_JWT_EXP: '3600',
      GOTRUE_JWT_AUD: 'authenticated',
      GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated',
      GOTRUE_JWT_ADMIN_ROLES: 'service_role',
      GOTRUE_JWT_ISSUER: externalUrl,
      GOTRUE_DISABLE_SIGNUP: String(settings.signup === 'closed'),
      GOTRUE_EXTERNAL_EMAIL_ENABLED: 'true',
      // No mail server yet: an address counts as confirmed.
      GOTRUE_MAILER_AUTOCONFIRM: 'true',
      // Without it nothing is limited by address, guessing passwords included. The gateway sets it on every request.
      GOTRUE_RATE_LIMIT_HEADER: 'X-Real-IP',
    };
  },
  probe: ({ settings }) => ({ kind: 'http', url: `${local(settings.ports.auth)}/health` }),
  remoteProbe: (url) => ({ kind: 'http', url: `${url}/health` }),
  needs: ['postgres'],
  stopTimeoutMs: () => 5_000,
};
