import type http from 'node:http';
import type { Logger } from 'pino';
import type { RestConfig } from './config.ts';
import { Pool } from './db/pool.ts';
import { createAdminServer, createRestServer } from './http/server.ts';
import { Identities } from './jwt/identity.ts';
import { parseKeys } from './jwt/keys.ts';
import { SchemaWatch } from './schema/watch.ts';
import { RestService } from './service.ts';

const listen = (server: http.Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });

const close = (server: http.Server, limitMs: number): Promise<void> =>
  new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), limitMs);
    // A kept-alive connection turns idle only after its answer; close() itself looks once.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(force);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });

/** A running service. */
export interface RunningRest {
  /** Answers what is in flight (for at most five seconds), then closes everything. */
  stop(): Promise<void>;
}

/** Starts listening at once; requests get 503 until the database is there. Rejects for a bad key or a taken port. */
export async function startRest(config: RestConfig, log: Logger): Promise<RunningRest> {
  const identities = new Identities(await parseKeys(config.jwtSecret), {
    anonRole: config.anonRole,
    audience: config.jwtAudience,
    remember: config.jwtCacheSize,
  });
  const pool = new Pool(config.databaseUrl, {
    size: config.poolSize,
    acquisitionTimeoutMs: config.acquisitionTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
  });
  const watch = new SchemaWatch(
    { databaseUrl: config.databaseUrl, schemas: config.schemas, channel: config.channel, log },
    () => pool.reset(),
  );
  const service = new RestService({
    config,
    identities,
    cache: () => watch.current,
    run: (statements) => pool.run(statements),
  });
  const server = createRestServer((request) => service.answer(request), log);
  const admin = config.admin === undefined ? undefined : createAdminServer(() => watch.current !== undefined);
  await listen(server, config.listen.host, config.listen.port);
  if (admin !== undefined && config.admin !== undefined) await listen(admin, config.admin.host, config.admin.port);
  log.info({ ...config.listen }, 'listening');
  await watch.start();
  return {
    stop: async () => {
      await Promise.all([close(server, 5000), ...(admin === undefined ? [] : [close(admin, 0)])]);
      await watch.stop();
      await pool.close();
    },
  };
}
