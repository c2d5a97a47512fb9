/** The configuration under which everything was recorded; the first note of a file says what it changes. */
export const secret =
  process.env.SFP_CONTRACT_AUTH_JWT_SECRET ?? 'a-secret-of-the-contract-suite-with-at-least-32-characters';

export const baseEnvironment: Record<string, string> = {
  API_EXTERNAL_URL: 'http://127.0.0.1:9990/auth/v1',
  GOTRUE_API_HOST: '127.0.0.1',
  GOTRUE_SITE_URL: 'http://localhost:3000',
  GOTRUE_URI_ALLOW_LIST: 'http://localhost:3000/**,https://app.example.com/**,myapp://callback',
  GOTRUE_DISABLE_SIGNUP: 'false',
  GOTRUE_JWT_ADMIN_ROLES: 'service_role',
  GOTRUE_JWT_AUD: 'authenticated',
  GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated',
  GOTRUE_JWT_EXP: '3600',
  GOTRUE_JWT_SECRET: secret,
  GOTRUE_JWT_ISSUER: 'http://127.0.0.1:9990/auth/v1',
  GOTRUE_EXTERNAL_EMAIL_ENABLED: 'true',
  GOTRUE_MAILER_AUTOCONFIRM: 'false',
  SFP_LOG_LEVEL: 'warn',
};
