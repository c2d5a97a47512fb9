import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65535);
// An unset key must not become an empty credential.
const key = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value.trim() === '' ? undefined : value));

const environmentSchema = z.object({
  GATEWAY_HOST: z.string().default('127.0.0.1'),
  GATEWAY_PORT: port,
  AUTH_URL: z.url(),
  REST_URL: z.url(),
  REALTIME_URL: z.url(),
  API_URL: z.url(),
  SUPABASE_ANON_KEY: key,
  SUPABASE_SERVICE_KEY: key,
  SUPABASE_PUBLISHABLE_KEY: key,
  SUPABASE_SECRET_KEY: key,
  ANON_KEY_ASYMMETRIC: key,
  SERVICE_ROLE_KEY_ASYMMETRIC: key,
});

export type UpstreamName = 'auth' | 'rest' | 'realtime' | 'api';

export interface KeySettings {
  anonKey: string | undefined;
  serviceKey: string | undefined;
  publishableKey: string | undefined;
  secretKey: string | undefined;
  /** What backends get for the publishable and the secret key. */
  anonJwt: string | undefined;
  serviceJwt: string | undefined;
}

export interface Config {
  host: string;
  port: number;
  upstreams: Record<UpstreamName, URL>;
  keys: KeySettings;
}

/** Reads the gateway's environment; throws a zod error that names the variables and no key. */
export function parseConfig(environment: NodeJS.ProcessEnv): Config {
  const env = environmentSchema.parse(environment);
  return {
    host: env.GATEWAY_HOST,
    port: env.GATEWAY_PORT,
    upstreams: {
      auth: new URL(env.AUTH_URL),
      rest: new URL(env.REST_URL),
      realtime: new URL(env.REALTIME_URL),
      api: new URL(env.API_URL),
    },
    keys: {
      anonKey: env.SUPABASE_ANON_KEY,
      serviceKey: env.SUPABASE_SERVICE_KEY,
      publishableKey: env.SUPABASE_PUBLISHABLE_KEY,
      secretKey: env.SUPABASE_SECRET_KEY,
      anonJwt: env.ANON_KEY_ASYMMETRIC,
      serviceJwt: env.SERVICE_ROLE_KEY_ASYMMETRIC,
    },
  };
}
