import { z } from 'zod';
import { become, officialEnvironment } from '../refuse.ts';

const json = z.string().refine((text) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}, 'must parse as JSON');

/** What raises in the real one's configuration when it is missing or of another form. */
const schema = z.object({
  PORT: z.literal('4000', 'the gateway asks port 4000'),
  APP_NAME: z.string().min(1, 'APP_NAME not available'),
  DB_HOST: z.string().min(1),
  DB_PORT: z.string().min(1),
  DB_NAME: z.string().min(1),
  DB_USER: z.literal('supabase_admin'),
  DB_PASSWORD: z.string().min(1),
  DB_AFTER_CONNECT_QUERY: z.literal('SET search_path TO _realtime'),
  DB_ENC_KEY: z.string().length(16),
  API_JWT_SECRET: z.string().min(1),
  API_JWT_JWKS: json,
  SECRET_KEY_BASE: z.string().min(64),
  METRICS_JWT_SECRET: z.string().min(1),
  SEED_SELF_HOST: z.literal('true', 'without it there is no tenant'),
  ERL_AFLAGS: z.string().min(1),
  DNS_NODES: z.string().min(1),
});

officialEnvironment('realtime', schema);
process.env.HOST = '0.0.0.0';
await become('realtime');
