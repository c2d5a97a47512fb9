import { z } from 'zod';
import { become, officialEnvironment, refuseUnknown } from '../refuse.ts';
import { checkDatabase } from './database.ts';
import { ensureKeys } from './keys.ts';

const schema = z.object({
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//),
  SERVER_URL: z.url(),
  SERVER_GRPC_BIND_ADDRESS: z.literal('0.0.0.0', 'the default is loopback, which nobody reaches'),
  SERVER_GRPC_PORT: z.string().default('7070'),
  SERVER_GRPC_BROADCAST_ADDRESS: z.string().min(1),
  SERVER_GRPC_INSECURE: z.enum(['t', 'true']),
  SERVER_MSGQUEUE_KIND: z.literal('postgres', 'RabbitMQ is not there'),
  SERVER_HEALTHCHECK: z.literal('true', 'or nothing answers on 8733'),
  ADMIN_PASSWORD: z.string().min(8).max(64).regex(/[a-z]/).regex(/[A-Z]/).regex(/[0-9]/),
  DEFAULT_TENANT_ID: z.guid(),
});

const settings = officialEnvironment('hatchet-lite', schema);
refuseUnknown('hatchet-lite', 'SERVER_', [
  /^SERVER_(URL|PORT|GRPC_[A-Z_]+|INTERNAL_CLIENT_[A-Z_]+|HEALTHCHECK(_PORT)?|MSGQUEUE_[A-Z_]+|AUTH_[A-Z_]+)$/,
  /^SERVER_(ALLOW_[A-Z_]+|SECURITY_CHECK_[A-Z]+|ENABLE_WORKER_RETENTION|LIMITS_[A-Z_]+|LOGGER_[A-Z]+|ENCRYPTION_[A-Z_]+)$/,
]);
await checkDatabase(settings.DATABASE_URL);
process.env.SFP_HATCHET_TOKEN_SECRET = ensureKeys('/config');
await become('hatchet');
