import { z } from 'zod';
import { env } from '../contracts/env.ts';

const optional = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

const schema = z.object({
  [env.migrationsDatabaseUrl]: z.string().regex(/^postgres(ql)?:\/\//, 'a postgres:// URL of the role postgres'),
  [env.dispatchUrl]: optional.pipe(z.url({ protocol: /^https?$/ }).optional()),
  [env.dispatchSecret]: optional,
  [env.logLevel]: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export interface MigratorEnv {
  databaseUrl: string;
  dispatchUrl: string | undefined;
  dispatchSecret: string | undefined;
  logLevel: string;
}

/** Throws a ZodError that names the variable; its message holds no value. */
export function parseEnv(source: Record<string, string | undefined>): MigratorEnv {
  const parsed = schema.parse(source);
  return {
    databaseUrl: parsed.SFP_MIGRATIONS_DATABASE_URL,
    dispatchUrl: parsed.SFP_DISPATCH_URL,
    dispatchSecret: parsed.SFP_DISPATCH_SECRET,
    logLevel: parsed.SFP_LOG_LEVEL,
  };
}
