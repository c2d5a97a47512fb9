import { z } from 'zod';
import { defaultSettings, type TenantSettings } from './tenant-settings.ts';

const limit = z.coerce.number().int().positive().optional();

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535),
  DB_HOST: z.string(),
  DB_PORT: z.coerce.number().int(),
  DB_NAME: z.string(),
  DB_USER: z.string(),
  DB_PASSWORD: z.string(),
  API_JWT_SECRET: z.string().min(16),
  API_JWT_JWKS: z.string().optional(),
  SELF_HOST_TENANT_NAME: z.string().default('realtime-dev'),
  TENANT_MAX_CONCURRENT_USERS: limit,
  TENANT_MAX_CHANNELS_PER_CLIENT: limit,
  SFP_LOG_LEVEL: z.string().default('info'),
});

export interface DatabaseAddress {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
}

/** What the engine runs with; the names are those of the official image. */
export interface RealtimeEnv {
  host: string;
  port: number;
  database: DatabaseAddress;
  jwtSecret: string;
  jwks: string | undefined;
  settings: TenantSettings;
  logLevel: string;
}

/** Parses the environment; throws a ZodError that names what is missing. */
export function parseEnv(env: Record<string, string | undefined>): RealtimeEnv {
  const parsed = schema.parse(env);
  return {
    host: parsed.HOST,
    port: parsed.PORT,
    database: {
      host: parsed.DB_HOST,
      port: parsed.DB_PORT,
      database: parsed.DB_NAME,
      user: parsed.DB_USER,
      password: parsed.DB_PASSWORD,
    },
    jwtSecret: parsed.API_JWT_SECRET,
    jwks: parsed.API_JWT_JWKS,
    settings: {
      ...defaultSettings,
      tenant: parsed.SELF_HOST_TENANT_NAME,
      ...(parsed.TENANT_MAX_CONCURRENT_USERS === undefined
        ? {}
        : { maxConcurrentUsers: parsed.TENANT_MAX_CONCURRENT_USERS }),
      ...(parsed.TENANT_MAX_CHANNELS_PER_CLIENT === undefined
        ? {}
        : { maxChannelsPerSocket: parsed.TENANT_MAX_CHANNELS_PER_CLIENT }),
    },
    logLevel: parsed.SFP_LOG_LEVEL,
  };
}
