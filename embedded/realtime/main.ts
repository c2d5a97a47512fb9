import { z } from 'zod';
import { processLog } from '../../contracts/process-log.ts';
import { startEngine } from './engine.ts';
import { parseEnv, type RealtimeEnv } from './env.ts';

/** EX_CONFIG: the environment is wrong, starting again would not help. */
const configExit = 78;
const stopLimitMs = 5_000;

const env = readEnv();
const log = processLog({ name: 'realtime', level: env.logLevel });
const engine = await startEngine(env, log);
log.info({ host: env.host, port: engine.port }, 'realtime is listening');

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), stopLimitMs).unref();
    engine.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stop failed');
        process.exit(1);
      },
    );
  });
}

function readEnv(): RealtimeEnv {
  try {
    return parseEnv(process.env);
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    process.stderr.write(`realtime: the environment is not valid\n${detail}\n`);
    process.exit(configExit);
  }
}
