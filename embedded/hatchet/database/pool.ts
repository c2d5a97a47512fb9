import { Pool, type PoolClient, types } from 'pg';
import type { Logger } from 'pino';

/** json and jsonb stay text: payloads pass through unparsed, exactly as the worker or the caller spelled them. */
const asText = new Set<number>([types.builtins.JSON, types.builtins.JSONB]);

/** The engine's connections. Small: everything hot is batched, so few statements are in flight at once. */
export function openPool(connectionString: string, log: Logger): Pool {
  const pool = new Pool({
    connectionString,
    max: 6,
    application_name: 'sfp-hatchet',
    types: {
      getTypeParser: (oid, format) =>
        asText.has(oid) && format !== 'binary' ? (value: unknown) => value : types.getTypeParser(oid, format),
    },
  });
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'));
  return pool;
}

/** Runs `work` in one transaction. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const value = await work(client);
    await client.query('commit');
    return value;
  } catch (error) {
    await client.query('rollback').catch((cause: unknown) => {
      broken = new Error('rollback failed', { cause });
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
