import { randomBytes } from 'node:crypto';
import { SfpError } from '../contracts/error.ts';
import { rolePassword } from '../stack/role-password.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { serviceOutput } from './engine/exec-in-service.ts';
import { InputQueue } from './engine/input-queue.ts';

/** The image's superuser. */
export const superuser = 'supabase_admin';

/** A session that is quiet this long is ended by the server, in case nothing tells it that we are gone. */
const forgottenAfter = '10min';
const keepAliveMs = 60_000;
const closeMs = 10_000;

/** Nothing of ours is in the server's log, failed or not: it may hold a secret. */
const sessionSettings: Readonly<Record<string, string>> = {
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_error_statement: 'panic',
  client_min_messages: 'warning',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: forgottenAfter,
};

/** The server refused a statement. */
export class StatementError extends Error {
  readonly sqlState: string;

  constructor(message: string, sqlState: string) {
    super(message);
    this.sqlState = sqlState;
  }
}

interface Waiting {
  marker: string;
  resolve(text: string): void;
  reject(error: unknown): void;
}

/**
 * One session of the superuser, in a psql inside the database's container: nothing of the database is published, and the
 * engine may be on another machine. Statements go over stdin, and so does what is secret in them. When this process ends,
 * in whatever way, psql's stdin does too, and with it the session and all that hangs on it.
 */
export class DatabaseSession {
  /** Aborted when the session has ended by itself. */
  readonly lost: AbortSignal;
  readonly #lost = new AbortController();
  readonly #kill = new AbortController();
  readonly #stack: Stack;
  readonly #input = new InputQueue();
  readonly #ended: Promise<void>;
  #received = '';
  #waiting: Waiting | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: unknown = null;
  #keepAlive: NodeJS.Timeout | undefined;

  private constructor(stack: Stack, password: string) {
    this.#stack = stack;
    this.lost = this.#lost.signal;
    this.#ended = this.#receive(
      serviceOutput({
        layout: stack.layout,
        service: 'db',
        command: [
          ...['psql', '--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--no-password'],
          // Over TCP: the socket is there before the server is ready, at a first boot.
          ...['--host=127.0.0.1', `--username=${superuser}`, '--dbname=postgres'],
        ],
        env: { PGPASSWORD: password, PGCONNECT_TIMEOUT: '10', PGAPPNAME: 'sfp' },
        stdin: this.#input,
        signal: this.#kill.signal,
        failure: 'The database cannot be reached.',
      }),
    );
  }

  /** @throws SfpError `database_unreachable` */
  static async open(
    stack: Stack,
    password = rolePassword(stack.secrets.databasePassword, superuser),
  ): Promise<DatabaseSession> {
    const session = new DatabaseSession(stack, password);
    try {
      const set = Object.entries(sessionSettings).map(([name, value]) => `set_config('${name}', '${value}', false)`);
      await session.query(`select ${set.join(', ')}`);
    } catch (error) {
      await session.close();
      throw error;
    }
    session.#keepAlive = setInterval(() => {
      session.query('select').catch(() => undefined); // `lost` tells
    }, keepAliveMs).unref();
    return session;
  }

  /** What one statement answers, rows one a line. Calls wait for each other. */
  query(statement: string): Promise<string> {
    const turn = this.#turn.then(() => this.#run(statement));
    this.#turn = turn.catch(() => undefined); // told to the caller
    return turn;
  }

  /** The one value of a query that answers JSON. */
  async json(statement: string): Promise<unknown> {
    return JSON.parse(await this.query(statement));
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    this.#failure ??= new Error('the session was closed');
    this.#input.end();
    const kill = setTimeout(() => this.#kill.abort(), closeMs);
    await this.#ended;
    clearTimeout(kill);
  }

  #run(statement: string): Promise<string> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const marker = randomBytes(12).toString('hex');
    return new Promise((resolve, reject) => {
      this.#waiting = { marker, resolve, reject };
      this.#input.push(`${statement};\n\\echo '<${marker}' :ERROR :SQLSTATE :LAST_ERROR_MESSAGE '${marker}>'\n`);
    });
  }

  async #receive(output: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of output) {
        this.#received += decoder.decode(chunk, { stream: true });
        this.#answer();
      }
      this.#end(this.#unreachable('the database ended the session'));
    } catch (error) {
      const ended = error instanceof SfpError && error.code === 'docker_failed';
      this.#end(ended ? this.#unreachable(error.detail ?? error.message) : error);
    }
  }

  #answer(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const at = this.#received.indexOf(`<${waiting.marker}`);
    const end = this.#received.indexOf(` ${waiting.marker}>`, at);
    if (at < 0 || end < 0) return;
    const text = this.#received.slice(0, at).trim();
    const [, failed, sqlState = '', ...message] = this.#received.slice(at, end).split(' ');
    this.#received = '';
    this.#waiting = null;
    if (failed === 'false') waiting.resolve(text);
    else waiting.reject(new StatementError(message.join(' '), sqlState));
  }

  #end(failure: unknown): void {
    if (this.#failure === null) {
      this.#failure = failure;
      this.#lost.abort(failure);
    }
    this.#waiting?.reject(this.#failure);
    this.#waiting = null;
  }

  #unreachable(detail: string): SfpError {
    const { layout } = this.#stack;
    return new SfpError({
      code: 'database_unreachable',
      message: `The database of stack "${layout.tenant}" cannot be reached.`,
      detail,
      suggestion: `Look at \`${serverCommand(layout, 'status')}\` and \`${serverCommand(layout, 'logs', '--service', 'db')}\`, remove the cause and run the command again.`,
    });
  }
}
