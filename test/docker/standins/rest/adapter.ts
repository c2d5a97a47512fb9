import { z } from 'zod';
import { become, officialEnvironment, refuseUnknown } from '../refuse.ts';

/** `*4` is PostgREST's word for every address of version 4. */
const anyAddress: Record<string, string> = { '*': '::', '*4': '0.0.0.0', '!4': '0.0.0.0', '*6': '::', '!6': '::' };

const schema = z.object({
  PGRST_DB_URI: z.string().min(1),
  PGRST_DB_ANON_ROLE: z.string().min(1),
  PGRST_SERVER_HOST: z.string().default('!4'),
  PGRST_SERVER_PORT: z.literal('3000', 'the gateway asks port 3000').default('3000'),
  PGRST_ADMIN_SERVER_PORT: z
    .string()
    .refine(
      (port) => port !== (process.env.PGRST_SERVER_PORT ?? '3000'),
      'admin-server-port cannot be the same as server-port',
    ),
  PGRST_OPENAPI_MODE: z.enum(['follow-privileges', 'ignore-privileges', 'disabled']).optional(),
  PGRST_JWT_SECRET: z.string().min(32, 'The JWT secret must be at least 32 characters long.'),
});

const { PGRST_SERVER_HOST: host } = officialEnvironment('postgrest', schema);
refuseUnknown('postgrest', 'PGRST_', [
  /^PGRST_(DB_(URI|SCHEMAS|ANON_ROLE|EXTRA_SEARCH_PATH|MAX_ROWS|POOL|POOL_[A-Z_]+|CHANNEL|AGGREGATES_ENABLED)|JWT_[A-Z_]+)$/,
  /^PGRST_((ADMIN_)?SERVER_(HOST|PORT)|OPENAPI_MODE|LOG_LEVEL)$/,
]);
process.env.PGRST_SERVER_HOST = anyAddress[host] ?? host;
await become('rest');
