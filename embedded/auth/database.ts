import pg from 'pg';
import type { z } from 'zod';

/** Anything that runs a statement: the pool, or a connection inside a transaction. */
export interface Statements {
  /** `name` identifies the text: it is prepared once per connection. Rows are parsed by `schema`. */
  rows<T>(name: string, text: string, values: unknown[], schema: z.ZodType<T>): Promise<T[]>;
}

// Times stay text: a Date would lose the microseconds.
const types = new pg.TypeOverrides();
const timestamp = 1114;
const timestamptz = 1184;
for (const oid of [timestamp, timestamptz]) types.setTypeParser(oid, (value) => value);

/** The pool of connections as supabase_auth_admin. */
export class Database implements Statements {
  readonly #pool: pg.Pool;

  constructor(url: string, size: number, onIdleError: (error: Error) => void) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: size,
      types,
      application_name: 'sfp-auth',
      options: '-c TimeZone=UTC -c statement_timeout=10s',
      connectionTimeoutMillis: 10_000,
      // Idle connections cost Postgres memory; one is kept warm by the traffic itself.
      idleTimeoutMillis: 60_000,
    });
    // A connection that dies while idle is replaced at the next use.
    this.#pool.on('error', onIdleError);
  }

  async rows<T>(name: string, text: string, values: unknown[], schema: z.ZodType<T>): Promise<T[]> {
    const result = await this.#pool.query({ name, text, values });
    return result.rows.map((row) => schema.parse(row));
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work({
        rows: async (name, text, values, schema) => {
          const answer = await client.query({ name, text, values });
          return answer.rows.map((row) => schema.parse(row));
        },
      });
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((cause: unknown) => {
        broken = cause instanceof Error ? cause : new Error(String(cause));
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
