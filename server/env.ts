import { z } from 'zod';
import { env } from '../contracts/env.ts';
import { type Retention, retentionEnvShape, retentionOf } from '../contracts/retention.ts';
import { jsonText } from './json-text.ts';

const signingKeySchema = jsonText.pipe(
  z.looseObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    kid: z.string(),
    x: z.string(),
    y: z.string(),
    d: z.string(),
  }),
);
export type SigningKey = z.infer<typeof signingKeySchema>;

const schema = z.object({
  [env.supabaseUrl]: z.url({ protocol: /^https?$/ }),
  [env.publishableKey]: z.string().min(1),
  [env.secretKey]: z.string().min(1),
  [env.publicUrl]: z.url({ protocol: /^https?$/ }),
  [env.tenant]: z.string().min(1),
  [env.apiHost]: z.string().default('127.0.0.1'),
  [env.apiPort]: z.coerce.number().int().min(1).max(65_535),
  [env.jwtSigningKey]: signingKeySchema,
  [env.dispatchSecret]: z.string().min(16),
  [env.artifactsDir]: z.string().min(1),
  [env.logLevel]: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  ...retentionEnvShape,
  HATCHET_CLIENT_TOKEN: z.string().min(1),
  HATCHET_CLIENT_HOST_PORT: z.string().regex(/^[^/:]+:\d+$/, 'host:port'),
  HATCHET_CLIENT_API_URL: z.url({ protocol: /^https?$/ }),
  HATCHET_CLIENT_TLS_STRATEGY: z.enum(['none', 'tls']).default('tls'),
});

export interface ServerEnv {
  /** The gateway's origin, without a slash at the end. */
  supabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  publicUrl: string;
  tenant: string;
  host: string;
  port: number;
  signingKey: SigningKey;
  dispatchSecret: string;
  artifactsDir: string;
  logLevel: string;
  retention: Retention;
  engine: { token: string; hostPort: string; apiUrl: string; tls: boolean };
}

/** Throws a ZodError that names the variables and shows no value. */
export function parseEnv(source: Record<string, string | undefined>): ServerEnv {
  const parsed = schema.parse(source);
  return {
    supabaseUrl: parsed.SUPABASE_URL.replace(/\/+$/, ''),
    publishableKey: parsed.SUPABASE_PUBLISHABLE_KEY,
    secretKey: parsed.SUPABASE_SECRET_KEY,
    publicUrl: parsed.SFP_PUBLIC_URL.replace(/\/+$/, ''),
    tenant: parsed.SFP_TENANT,
    host: parsed.SFP_API_HOST,
    port: parsed.SFP_API_PORT,
    signingKey: parsed.SFP_JWT_SIGNING_KEY,
    dispatchSecret: parsed.SFP_DISPATCH_SECRET,
    artifactsDir: parsed.SFP_ARTIFACTS_DIR,
    logLevel: parsed.SFP_LOG_LEVEL,
    retention: retentionOf({
      taskEventsDays: parsed.SFP_RETENTION_TASK_EVENTS_DAYS,
      auditLogDays: parsed.SFP_RETENTION_AUDIT_LOG_DAYS,
      historyDays: parsed.SFP_RETENTION_HISTORY_DAYS,
    }),
    engine: {
      token: parsed.HATCHET_CLIENT_TOKEN,
      hostPort: parsed.HATCHET_CLIENT_HOST_PORT,
      apiUrl: parsed.HATCHET_CLIENT_API_URL.replace(/\/+$/, ''),
      tls: parsed.HATCHET_CLIENT_TLS_STRATEGY === 'tls',
    },
  };
}
