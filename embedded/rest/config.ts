import { z } from 'zod';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const environmentSchema = z.object({
  PGRST_DB_URI: z.string().min(1),
  PGRST_DB_SCHEMAS: list.pipe(z.array(z.string()).min(1)).default(['public']),
  PGRST_DB_ANON_ROLE: z.string().min(1),
  PGRST_DB_EXTRA_SEARCH_PATH: list.default(['public']),
  PGRST_DB_MAX_ROWS: z.coerce.number().int().min(1).optional(),
  PGRST_DB_POOL: z.coerce.number().int().min(1).max(1000).default(10),
  PGRST_DB_POOL_ACQUISITION_TIMEOUT: z.coerce.number().int().min(1).default(10),
  PGRST_DB_POOL_MAX_IDLETIME: z.coerce.number().int().min(1).default(30),
  PGRST_DB_AGGREGATES_ENABLED: flag.default(false),
  PGRST_DB_CHANNEL: z.string().min(1).default('pgrst'),
  PGRST_JWT_SECRET: z.string().min(1),
  PGRST_JWT_AUD: z.string().min(1).optional(),
  PGRST_JWT_CACHE_MAX_ENTRIES: z.coerce.number().int().min(0).default(1000),
  PGRST_SERVER_HOST: z.string().min(1).default('127.0.0.1'),
  PGRST_SERVER_PORT: port.default(3000),
  PGRST_ADMIN_SERVER_HOST: z.string().min(1).optional(),
  PGRST_ADMIN_SERVER_PORT: port.optional(),
  SFP_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The settings of the service, named in PostgREST's environment variables. */
export interface RestConfig {
  databaseUrl: string;
  schemas: readonly [string, ...string[]];
  anonRole: string;
  extraSearchPath: readonly string[];
  maxRows: number | undefined;
  poolSize: number;
  acquisitionTimeoutMs: number;
  idleTimeoutMs: number;
  aggregates: boolean;
  channel: string;
  jwtSecret: string;
  jwtAudience: string | undefined;
  jwtCacheSize: number;
  listen: { host: string; port: number };
  admin: { host: string; port: number } | undefined;
  logLevel: string;
}

/** Parses the environment; a bad one comes back as text that names each variable. */
export function parseConfig(environment: NodeJS.ProcessEnv): { config: RestConfig } | { problem: string } {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const env = parsed.data;
  const [first = 'public', ...rest] = env.PGRST_DB_SCHEMAS;
  return {
    config: {
      databaseUrl: env.PGRST_DB_URI,
      schemas: [first, ...rest],
      anonRole: env.PGRST_DB_ANON_ROLE,
      extraSearchPath: env.PGRST_DB_EXTRA_SEARCH_PATH,
      maxRows: env.PGRST_DB_MAX_ROWS,
      poolSize: env.PGRST_DB_POOL,
      acquisitionTimeoutMs: env.PGRST_DB_POOL_ACQUISITION_TIMEOUT * 1000,
      idleTimeoutMs: env.PGRST_DB_POOL_MAX_IDLETIME * 1000,
      aggregates: env.PGRST_DB_AGGREGATES_ENABLED,
      channel: env.PGRST_DB_CHANNEL,
      jwtSecret: env.PGRST_JWT_SECRET,
      jwtAudience: env.PGRST_JWT_AUD,
      jwtCacheSize: env.PGRST_JWT_CACHE_MAX_ENTRIES,
      listen: { host: env.PGRST_SERVER_HOST, port: env.PGRST_SERVER_PORT },
      admin:
        env.PGRST_ADMIN_SERVER_PORT === undefined
          ? undefined
          : { host: env.PGRST_ADMIN_SERVER_HOST ?? env.PGRST_SERVER_HOST, port: env.PGRST_ADMIN_SERVER_PORT },
      logLevel: env.SFP_LOG_LEVEL,
    },
  };
}
