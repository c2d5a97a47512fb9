import { once } from 'node:events';
import { z } from 'zod';
import { processLog } from '../../contracts/process-log.ts';
import { type Config, parseConfig } from './config.ts';
import { Gateway } from './gateway.ts';

const log = processLog({ name: 'gateway', level: process.env.SFP_LOG_LEVEL ?? 'info' });
const drainLimitMs = 8_000;

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    log.fatal(
      { code: 'environment_invalid', problems: z.flattenError(error).fieldErrors },
      'the environment is not usable',
    );
    process.exit(78);
  }
}

const config = readConfig();
const gateway = new Gateway(config, log);
gateway.server.listen(config.port, config.host);
await once(gateway.server, 'listening');
log.info({ host: config.host, port: config.port }, 'listening');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    process.once(signal, () => process.exit(1));
    log.info({ signal }, 'draining');
    gateway.drain(drainLimitMs).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'draining failed');
        process.exit(1);
      },
    );
  });
}
