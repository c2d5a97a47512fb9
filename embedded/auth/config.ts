import { z } from 'zod';
import type { LimitRates } from './http/rate-limits.ts';
import { type KeyMaterial, parseKeyMaterial } from './jwt/key-material.ts';

const flag = z
  .enum(['true', 'false', '1', '0', 'TRUE', 'FALSE', 'True', 'False', 't', 'f'])
  .transform((value) => ['true', '1', 't'].includes(value.toLowerCase()));
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const port = z.coerce.number().int().min(1).max(65535);
const seconds = z.coerce.number().int().min(0);
// Requests in five minutes from one address.
const rate = z.coerce.number().min(0);

const environmentSchema = z.object({
  GOTRUE_API_HOST: z.string().default('127.0.0.1'),
  GOTRUE_API_PORT: port,
  API_EXTERNAL_URL: z.url(),
  GOTRUE_DB_DATABASE_URL: z.string().min(1),
  GOTRUE_DB_MAX_POOL_SIZE: z.coerce.number().int().min(0).default(5),
  GOTRUE_SITE_URL: z.string().min(1),
  GOTRUE_URI_ALLOW_LIST: list.default([]),
  GOTRUE_JWT_SECRET: z.string().min(1),
  // No message of this field may quote its value: it holds a private key.
  GOTRUE_JWT_KEYS: z.string().optional(),
  GOTRUE_JWT_EXP: z.coerce.number().int().min(1).default(3600),
  GOTRUE_JWT_AUD: z.string().default('authenticated'),
  GOTRUE_JWT_DEFAULT_GROUP_NAME: z.string().default('authenticated'),
  GOTRUE_JWT_ADMIN_ROLES: list.default(['service_role', 'supabase_admin']),
  GOTRUE_JWT_ISSUER: z.string().optional(),
  GOTRUE_DISABLE_SIGNUP: flag.default(false),
  GOTRUE_EXTERNAL_EMAIL_ENABLED: flag.default(true),
  GOTRUE_MAILER_AUTOCONFIRM: flag.default(false),
  GOTRUE_PASSWORD_MIN_LENGTH: z.coerce.number().int().default(6),
  GOTRUE_PASSWORD_REQUIRED_CHARACTERS: z.string().default(''),
  GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: seconds.default(0),
  GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED: flag.default(true),
  GOTRUE_CORS_ALLOWED_HEADERS: list.default([]),
  // Without it nothing is limited.
  GOTRUE_RATE_LIMIT_HEADER: z.string().default(''),
  GOTRUE_RATE_LIMIT_TOKEN_REFRESH: rate.default(150),
  GOTRUE_RATE_LIMIT_VERIFY: rate.default(30),
  GOTRUE_RATE_LIMIT_OTP: rate.default(30),
});

export interface Config {
  host: string;
  port: number;
  externalUrl: string;
  databaseUrl: string;
  poolSize: number;
  siteUrl: string;
  allowList: string[];
  keys: KeyMaterial;
  expirySeconds: number;
  audience: string;
  defaultRole: string;
  adminRoles: ReadonlySet<string>;
  issuer: string;
  signupDisabled: boolean;
  emailEnabled: boolean;
  autoconfirm: boolean;
  passwordRules: { minLength: number; requiredCharacters: string[] };
  reuseIntervalSeconds: number;
  rotationEnabled: boolean;
  corsAllowedHeaders: string[];
  limits: { header: string | undefined; rates: LimitRates };
}

/** Reads GoTrue's environment. Throws a zod error (bad values, named by variable) or an SfpError (bad keys). */
export function parseConfig(environment: NodeJS.ProcessEnv): Config {
  const env = environmentSchema.parse(environment);
  return {
    host: env.GOTRUE_API_HOST,
    port: env.GOTRUE_API_PORT,
    externalUrl: env.API_EXTERNAL_URL,
    databaseUrl: env.GOTRUE_DB_DATABASE_URL,
    poolSize: env.GOTRUE_DB_MAX_POOL_SIZE || 5,
    siteUrl: env.GOTRUE_SITE_URL,
    allowList: env.GOTRUE_URI_ALLOW_LIST,
    keys: parseKeyMaterial(env.GOTRUE_JWT_KEYS, env.GOTRUE_JWT_SECRET),
    expirySeconds: env.GOTRUE_JWT_EXP,
    audience: env.GOTRUE_JWT_AUD,
    defaultRole: env.GOTRUE_JWT_DEFAULT_GROUP_NAME,
    adminRoles: new Set(env.GOTRUE_JWT_ADMIN_ROLES),
    issuer: env.GOTRUE_JWT_ISSUER ?? env.API_EXTERNAL_URL,
    signupDisabled: env.GOTRUE_DISABLE_SIGNUP,
    emailEnabled: env.GOTRUE_EXTERNAL_EMAIL_ENABLED,
    autoconfirm: env.GOTRUE_MAILER_AUTOCONFIRM,
    passwordRules: {
      // GoTrue raises a lower setting to 6.
      minLength: Math.max(6, env.GOTRUE_PASSWORD_MIN_LENGTH),
      requiredCharacters: env.GOTRUE_PASSWORD_REQUIRED_CHARACTERS.split(':').filter((set) => set !== ''),
    },
    reuseIntervalSeconds: env.GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL,
    rotationEnabled: env.GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED,
    corsAllowedHeaders: env.GOTRUE_CORS_ALLOWED_HEADERS.map((name) => name.toLowerCase()),
    limits: { header: env.GOTRUE_RATE_LIMIT_HEADER || undefined, rates: ratesOf(env) },
  };
}

/** One setting holds for everything that sends a code, and for what changes a user. */
function ratesOf(env: z.output<typeof environmentSchema>): LimitRates {
  const otp = env.GOTRUE_RATE_LIMIT_OTP;
  return {
    token: env.GOTRUE_RATE_LIMIT_TOKEN_REFRESH,
    verify: env.GOTRUE_RATE_LIMIT_VERIFY,
    signup: otp,
    otp,
    magiclink: otp,
    recover: otp,
    resend: otp,
    user: otp,
  };
}
