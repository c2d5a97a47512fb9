import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

/** The engine's environment, in the names of the hatchet-lite image plus the secret that signs client tokens. */
export const settingsSchema = z.object({
  DATABASE_URL: z.string().min(1),
  SERVER_GRPC_BIND_ADDRESS: z.string().default('127.0.0.1'),
  SERVER_GRPC_PORT: port.default(7070),
  LITE_RUNTIME_PORT: port.default(8888),
  SERVER_HEALTHCHECK_PORT: port.default(8733),
  SERVER_URL: z.url(),
  SERVER_GRPC_BROADCAST_ADDRESS: z.string().min(1),
  DEFAULT_TENANT_ID: z.guid().default('707d0855-80ab-4e1f-a156-f1c4546cbf52'),
  SFP_HATCHET_TOKEN_SECRET: z.string().min(16),
  SFP_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type Settings = z.infer<typeof settingsSchema>;
