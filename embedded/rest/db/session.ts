import pg from 'pg';
import { Batch, type BatchOutcome, type BatchRows, ConnectionLost, DatabaseError, type Statement } from './batch.ts';
import { StatementNames } from './statement-names.ts';

// Each prepared statement costs memory in its backend as well.
const preparedStatements = 200;

/** One connection to the database; runs one request at a time. */
export class Session {
  readonly #client: pg.Client;
  readonly #names = new StatementNames(preparedStatements);
  /** The connection's own `statement_timeout`, as its first request found it. */
  #timeout: string | undefined;
  #closed = false;

  private constructor(client: pg.Client) {
    this.#client = client;
    const lost = (): void => {
      this.#closed = true;
    };
    client.on('error', lost);
    client.on('end', lost);
  }

  /** Rejects with ConnectionLost when the database cannot be reached. */
  static async open(databaseUrl: string): Promise<Session> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'sfp-rest',
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    });
    // An error before the connection is ready also rejects connect(); without a listener it would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw new ConnectionLost('connection failed', { cause: error });
    }
    return new Session(client);
  }

  get usable(): boolean {
    return !this.#closed;
  }

  /**
   * Runs the statements as one transaction and gives each one's last row, after the commit. Rejects with DatabaseError
   * (everything rolled back) or ConnectionLost. The session is free for the next call when the promise settles.
   */
  async run(statements: readonly Statement[]): Promise<BatchRows> {
    const idle = this.#nextReady();
    const { rows, error } = await new Promise<BatchOutcome>((resolve) => {
      this.#client.query(new Batch(statements, this.#names, resolve));
    });
    if (error instanceof ConnectionLost) {
      this.close();
      throw error;
    }
    if (error instanceof DatabaseError && error.fatal) {
      this.close();
      throw new ConnectionLost('connection ended by the database', { cause: error });
    }
    const status = await idle;
    // Anything but idle would carry this request's role into the next one.
    if (status !== 'I') {
      this.close();
      throw new ConnectionLost(`connection left in state ${status}`);
    }
    const spoilt = this.#isSpoilt(rows[statements.findLastIndex(({ prelude }) => prelude)]?.[0]);
    if (spoilt) this.close();
    if (error === undefined) return rows;
    if (error instanceof DatabaseError) {
      if (error.code === '26000') this.#names.forget();
      if (error.code === '57014' && (spoilt || error.early)) {
        this.close();
        error.early = true;
      }
    }
    throw error;
  }

  /**
   * Whether a function left a timeout of its own behind. One of a millisecond runs out before our settings are made, or
   * while they are: then the timer's signal ends the query behind them.
   */
  #isSpoilt(timeout: string | null | undefined): boolean {
    if (timeout === undefined || timeout === null) return false;
    this.#timeout ??= timeout;
    return this.#timeout !== timeout;
  }

  /** The transaction status of the next ReadyForQuery, or `lost`. */
  #nextReady(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const ready = (message: { status?: string }): void => settle(message.status ?? 'unknown');
    const lost = (): void => settle('lost');
    const connection: pg.Connection = this.#client.connection;
    const settle = (status: string): void => {
      connection.off('readyForQuery', ready);
      connection.off('end', lost);
      resolve(status);
    };
    connection.on('readyForQuery', ready);
    connection.on('end', lost);
    return promise;
  }

  close(): void {
    this.#closed = true;
    this.#client.connection.stream.destroy();
  }

  /** Ends the connection in good order. */
  async end(): Promise<void> {
    this.#closed = true;
    // Lost already, which is as ended as it gets.
    await this.#client.end().catch(() => undefined);
  }
}
