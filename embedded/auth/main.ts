import { once } from 'node:events';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { processLog } from '../../contracts/process-log.ts';
import { type Config, parseConfig } from './config.ts';
import { Database } from './database.ts';
import { RateLimits } from './http/rate-limits.ts';
import { Keyring } from './jwt/keyring.ts';
import { migrate } from './migrate.ts';
import { Hasher } from './password/hasher.ts';
import { createAuthServer } from './server.ts';

const log = processLog({ name: 'auth', level: process.env.SFP_LOG_LEVEL ?? 'info' });
const stopLimitMs = 10_000;

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (error instanceof SfpError) log.fatal(error.toFailure(), 'the environment is not usable');
    else if (error instanceof z.ZodError)
      log.fatal(
        { code: 'environment_invalid', problems: z.flattenError(error).fieldErrors },
        'the environment is not usable',
      );
    else throw error;
    process.exit(78);
  }
}

const config = readConfig();
const started = performance.now();
// The answer 200 of /health means "migrated": so nothing listens before.
await migrate(config.databaseUrl, log);
const database = new Database(config.databaseUrl, config.poolSize, (error) =>
  log.warn({ err: error }, 'an idle database connection ended'),
);
const hasher = new Hasher();
const limits = new RateLimits(config.limits.header, config.limits.rates);
const server = createAuthServer({ config, database, hasher, limits, log, keyring: await Keyring.create(config.keys) });
server.listen(config.port, config.host);
await once(server, 'listening');
log.info({ host: config.host, port: config.port, ms: Math.round(performance.now() - started) }, 'listening');

async function stop(signal: NodeJS.Signals): Promise<void> {
  log.info({ signal }, 'stopping');
  setTimeout(() => process.exit(1), stopLimitMs).unref();
  const closed = once(server, 'close');
  server.close();
  // A connection that is busy now is idle after its answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  await Promise.all([database.close(), hasher.close()]);
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    process.once(signal, () => process.exit(1));
    stop(signal).catch((error: unknown) => {
      log.error({ err: error }, 'stopping failed');
      process.exit(1);
    });
  });
}
