import { z } from 'zod';
import { processLog } from '../../contracts/process-log.ts';
import { type Lock, tryLock } from '../lock.ts';
import { maintenanceRetryAfter } from './problem.ts';
import { startMaintenanceServer } from './server.ts';

/** Answers in the place of a stack's gateway while that is away. Knows nothing of the stack. */
const environment = z.object({
  SFP_MAINTENANCE_HOST: z.string().min(1).default('127.0.0.1'),
  SFP_MAINTENANCE_PORT: z.coerce.number().int().min(1).max(65_535),
  SFP_MAINTENANCE_RETRY_AFTER: z.coerce.number().int().min(1).default(maintenanceRetryAfter),
  /** Seconds that the port may still be held by a gateway that ends. */
  SFP_MAINTENANCE_PORT_WAIT: z.coerce.number().int().min(0).default(30),
  /** Held as long as it runs: it is found by it, and there is one of it. */
  SFP_MAINTENANCE_LOCK_FILE: z.string().min(1).optional(),
});

/** sysexits: the configuration is wrong, starting again will not help. */
const badConfiguration = 78;
const log = processLog({ name: 'maintenance', level: process.env.SFP_LOG_LEVEL ?? 'info' });

const parsed = environment.safeParse(process.env);
if (!parsed.success) {
  log.fatal({ problems: z.flattenError(parsed.error).fieldErrors }, 'the environment is not usable');
  process.exit(badConfiguration);
}
const { SFP_MAINTENANCE_HOST: host, SFP_MAINTENANCE_PORT: port, SFP_MAINTENANCE_LOCK_FILE: lockFile } = parsed.data;
const { SFP_MAINTENANCE_RETRY_AFTER: retryAfter, SFP_MAINTENANCE_PORT_WAIT: portWait } = parsed.data;

let lock: Lock | undefined;
const end = (code: number): never => {
  lock?.release();
  process.exit(code);
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(0));

if (lockFile !== undefined) {
  const taken = tryLock(lockFile, 'maintenance');
  if ('holder' in taken) {
    log.info({ holder: taken.holder.pid }, 'another one answers already');
    process.exit(0);
  }
  lock = taken.lock;
}
try {
  await startMaintenanceServer({ host, port, retryAfter, portWaitMs: portWait * 1_000 });
  log.info({ host, port }, 'listening');
} catch (error) {
  log.fatal({ err: error }, 'cannot listen');
  end(1);
}
