import pg from 'pg';
import type { Logger } from 'pino';
import type { DatabaseAddress } from '../env.ts';

/** A small pool for authorisation, visibility checks and replays. Its sessions are the superuser's; each query assumes a role itself. */
export function createPool(address: DatabaseAddress, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...address,
    max: 4,
    application_name: 'realtime',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 10_000,
    keepAlive: true,
    // As in the replication sessions: texts of both are compared.
    options: '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1',
  });
  // An idle session that the server ends (restart, pg_terminate_backend) is replaced at the next query.
  pool.on('error', (error) => log.warn({ err: error }, 'idle database session lost'));
  return pool;
}
