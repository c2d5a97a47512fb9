import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { processLog } from '../../contracts/process-log.ts';
import { startNetWorker } from './worker.ts';

const envSchema = z.object({
  DATABASE_URL: z.url(),
  SFP_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export { startNetWorker };

function main(): void {
  const parsed = envSchema.safeParse(process.env);
  const log = processLog({ name: 'net', level: parsed.data?.SFP_LOG_LEVEL ?? 'info' });
  if (!parsed.success) {
    // The value of DATABASE_URL holds a password: only the findings are printed.
    log.fatal({ problems: z.flattenError(parsed.error).fieldErrors }, 'the environment is not valid');
    process.exit(78);
  }

  const worker = startNetWorker({ databaseUrl: parsed.data.DATABASE_URL, log });
  worker.ready.then(
    () => log.info('listening for queued requests'),
    (error: unknown) => log.error({ err: error }, 'not started'),
  );

  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1) process.exit(1);
    log.info({ signal }, 'stopping');
    worker.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

// The supervisor imports this file to host the worker in its own process; as a program it serves one database.
const program = process.argv[1];
if (program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url)) main();
