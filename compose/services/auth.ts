import { SfpError } from '../../contracts/error.ts';
import { authJwtKeys } from '../../stack/jwt-keys.ts';
import type { ComposeService, ServiceContext } from '../service.ts';

type Variables = Record<string, string>;

/** GoTrue. Healthy means that its own migrations are done: it listens after them. */
export const auth: ComposeService = {
  name: 'auth',
  image: 'auth',
  kind: 'service',
  environment: (context) => {
    const { settings, publicUrl } = context;
    const externalUrl = `${publicUrl}/auth/v1`;
    return {
      GOTRUE_API_HOST: '0.0.0.0',
      GOTRUE_API_PORT: '9999',
      API_EXTERNAL_URL: externalUrl,
      GOTRUE_SITE_URL: publicUrl,
      GOTRUE_URI_ALLOW_LIST: (settings.auth?.redirectUrls ?? []).join(','),
      GOTRUE_DB_DRIVER: 'postgres',
      // Both: without the second each query opens a connection (measured: 34 requests a second instead of 676).
      GOTRUE_DB_MAX_POOL_SIZE: '10',
      GOTRUE_DB_MAX_IDLE_POOL_SIZE: '10',
      GOTRUE_JWT_AUD: 'authenticated',
      GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated',
      GOTRUE_JWT_ADMIN_ROLES: 'service_role',
      GOTRUE_JWT_EXP: '3600',
      GOTRUE_JWT_ISSUER: externalUrl,
      GOTRUE_DISABLE_SIGNUP: String(settings.signup === 'closed'),
      GOTRUE_EXTERNAL_EMAIL_ENABLED: 'true',
      GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'false',
      // Without it nothing is limited by address, guessing passwords included. Kong sets it on every request.
      GOTRUE_RATE_LIMIT_HEADER: 'X-Real-IP',
      ...mail(context),
      ...oauth(context, externalUrl),
      ...saml(context),
    };
  },
  secrets: (context) => {
    const { secrets, databaseUrl } = context;
    return {
      GOTRUE_DB_DATABASE_URL: databaseUrl('supabase_auth_admin'),
      GOTRUE_JWT_SECRET: secrets.jwtSecret,
      GOTRUE_JWT_KEYS: authJwtKeys(secrets.jwtSigningKey, secrets.jwtSecret, secrets.previousVerificationKey),
      ...mailSecrets(context),
      ...oauthSecrets(context),
      ...samlSecrets(context),
    };
  },
  networks: { data: {}, services: {} },
  tmpfs: ['/tmp'],
  needs: { 'db-setup': 'service_completed_successfully' },
  // By number: it listens on IPv4, and since Docker 26 a container's `localhost` is ::1 first.
  health: {
    test: ['CMD', 'wget', '--no-verbose', '--tries=1', '--spider', 'http://127.0.0.1:9999/health'],
    intervalSeconds: 2,
    timeoutSeconds: 5,
    retries: 8,
    startSeconds: 60,
  },
  stopSeconds: () => 10,
  limits: { memoryMegabytes: 256, cpus: 1, pids: 128 },
};

const mail = ({ settings: { auth: chosen } }: ServiceContext): Variables => {
  const smtp = chosen?.smtp;
  // Without a mail server nobody could confirm an address, so an address counts as confirmed.
  if (smtp === undefined) return { GOTRUE_MAILER_AUTOCONFIRM: 'true' };
  return {
    GOTRUE_MAILER_AUTOCONFIRM: 'false',
    GOTRUE_MAILER_URLPATHS_CONFIRMATION: '/auth/v1/verify',
    GOTRUE_MAILER_URLPATHS_INVITE: '/auth/v1/verify',
    GOTRUE_MAILER_URLPATHS_RECOVERY: '/auth/v1/verify',
    GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE: '/auth/v1/verify',
    GOTRUE_SMTP_HOST: smtp.host,
    GOTRUE_SMTP_PORT: String(smtp.port),
    ...(smtp.user === undefined ? {} : { GOTRUE_SMTP_USER: smtp.user }),
    GOTRUE_SMTP_ADMIN_EMAIL: smtp.senderEmail,
    GOTRUE_SMTP_SENDER_NAME: smtp.senderName,
    // A duration: a bare number ends the process at its start.
    GOTRUE_SMTP_MAX_FREQUENCY: '60s',
  };
};

const mailSecrets = ({ settings: { auth: chosen }, secrets }: ServiceContext): Variables =>
  chosen?.smtp?.user === undefined
    ? {}
    : { GOTRUE_SMTP_PASS: needed(secrets.smtpPassword, 'smtpPassword', 'auth.smtp.user') };

const providersOf = ({ settings: { auth: chosen } }: ServiceContext) =>
  Object.entries(chosen?.oauth ?? {}).map(([name, provider]) => ({ name, provider, prefix: name.toUpperCase() }));

const oauth = (context: ServiceContext, externalUrl: string): Variables =>
  Object.fromEntries(
    providersOf(context).flatMap(({ provider, prefix }) => [
      [`GOTRUE_EXTERNAL_${prefix}_ENABLED`, 'true'],
      [`GOTRUE_EXTERNAL_${prefix}_CLIENT_ID`, provider.clientId],
      [`GOTRUE_EXTERNAL_${prefix}_REDIRECT_URI`, `${externalUrl}/callback`],
      ...(provider.url === undefined ? [] : [[`GOTRUE_EXTERNAL_${prefix}_URL`, provider.url]]),
    ]),
  );

const oauthSecrets = (context: ServiceContext): Variables =>
  Object.fromEntries(
    Object.entries(context.settings.auth?.oauth ?? {}).map(([name]) => {
      const value = Object.entries(context.secrets.oauthClientSecrets ?? {}).find(([of]) => of === name)?.[1];
      return [
        `GOTRUE_EXTERNAL_${name.toUpperCase()}_SECRET`,
        needed(value, `oauthClientSecrets.${name}`, `auth.oauth.${name}`),
      ];
    }),
  );

const saml = ({ settings: { auth: chosen } }: ServiceContext): Variables =>
  chosen?.saml === undefined
    ? {}
    : {
        GOTRUE_SAML_ENABLED: 'true',
        GOTRUE_SAML_ALLOW_ENCRYPTED_ASSERTIONS: String(chosen.saml.allowEncryptedAssertions),
        ...(chosen.saml.externalUrl === undefined ? {} : { GOTRUE_SAML_EXTERNAL_URL: chosen.saml.externalUrl }),
      };

const samlSecrets = ({ settings: { auth: chosen }, secrets }: ServiceContext): Variables =>
  chosen?.saml === undefined
    ? {}
    : { GOTRUE_SAML_PRIVATE_KEY: needed(secrets.samlPrivateKey, 'samlPrivateKey', 'auth.saml') };

function needed(value: string | undefined, name: string, setting: string): string {
  if (value !== undefined) return value;
  throw new SfpError({
    code: 'secret_missing',
    message: `server.json configures "${setting}", but secrets.json has no "${name}".`,
    suggestion: `Add "${name}" to the stack's secrets.json, or take "${setting}" out of server.json.`,
  });
}
