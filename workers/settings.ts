import { z } from 'zod';
import { env } from '../contracts/env.ts';
import { poolSchema } from '../contracts/task.ts';

const schema = z
  .object({
    [env.supabaseUrl]: z.url(),
    [env.secretKey]: z.string().min(1),
    [env.workerPool]: poolSchema,
    [env.workerName]: z.string().min(1),
    [env.workerSlots]: z.coerce.number().int().min(1).max(100).default(4),
    [env.workspaceDir]: z.string().min(1),
    [env.artifactsDir]: z.string().min(1),
    [env.drainTimeoutMs]: z.coerce.number().int().min(0).default(30_000),
    [env.workerHealthPort]: z.coerce.number().int().min(0).max(65_535),
    [env.logLevel]: z.string().default('info'),
    HATCHET_CLIENT_TOKEN: z.string().min(1),
    HATCHET_CLIENT_HOST_PORT: z.string().min(1),
    HATCHET_CLIENT_API_URL: z.url(),
    HATCHET_CLIENT_TLS_STRATEGY: z.enum(['none', 'tls', 'mtls']).default('tls'),
  })
  .transform((raw) => ({
    supabaseUrl: raw[env.supabaseUrl],
    secretKey: raw[env.secretKey],
    pool: raw[env.workerPool],
    name: raw[env.workerName],
    slots: raw[env.workerSlots],
    workspaceDir: raw[env.workspaceDir],
    artifactsDir: raw[env.artifactsDir],
    drainTimeoutMs: raw[env.drainTimeoutMs],
    healthPort: raw[env.workerHealthPort],
    logLevel: raw[env.logLevel],
    engine: {
      token: raw.HATCHET_CLIENT_TOKEN,
      hostPort: raw.HATCHET_CLIENT_HOST_PORT,
      apiUrl: raw.HATCHET_CLIENT_API_URL,
      tls: raw.HATCHET_CLIENT_TLS_STRATEGY,
    },
  }));

export type WorkerSettings = z.infer<typeof schema>;

/** Reads the worker's environment once. Throws a ZodError that names every variable that is missing or wrong. */
export const readSettings = (variables: NodeJS.ProcessEnv): WorkerSettings => schema.parse(variables);
