import type { Connection } from 'pg';
import { z } from 'zod';
import type { StatementNames } from './statement-names.ts';

export interface Statement {
  text: string;
  values: readonly (string | null)[];
  /** It prepares the transaction; the caller's query comes after it. */
  prelude?: true;
}
/** The last row of each statement of a batch. */
export type BatchRows = readonly (readonly (string | null)[])[];

/** With an error, nothing of the rows was kept. */
export interface BatchOutcome {
  rows: BatchRows;
  error?: Error;
}

/** An error that the database reported. */
export class DatabaseError extends Error {
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** FATAL or PANIC: the connection is gone. */
  readonly fatal: boolean;
  /** Nothing of it is the caller's: it came before the caller's query, or from what the connection carried. */
  early: boolean;

  constructor(
    report: { code: string; message: string; detail?: string; hint?: string; severity?: string },
    early = false,
  ) {
    super(report.message);
    this.name = 'DatabaseError';
    this.code = report.code;
    this.detail = report.detail;
    this.hint = report.hint;
    this.fatal = report.severity === 'FATAL' || report.severity === 'PANIC';
    this.early = early;
  }
}

/** The connection was lost, or answered what it must not. */
export class ConnectionLost extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ConnectionLost';
  }
}

const reportSchema = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  severity: z.string().optional(),
});
const rowSchema = z.object({ fields: z.array(z.string().nullable()) });

/**
 * All statements of a request and one Sync in one write: one implicit transaction, which the Sync commits. Implements
 * the object that pg's `client.query` takes from its cursor and stream packages (pg pins its shape in no document, so
 * the safety test of this room stands guard over it).
 */
export class Batch {
  readonly #statements: readonly Statement[];
  readonly #names: StatementNames;
  readonly #finish: (outcome: BatchOutcome) => void;
  readonly #rows: (string | null)[][] = [];
  #index = 0;

  constructor(statements: readonly Statement[], names: StatementNames, finish: (outcome: BatchOutcome) => void) {
    this.#statements = statements;
    this.#names = names;
    this.#finish = finish;
  }

  submit(connection: Connection): void {
    connection.stream.cork();
    try {
      for (const { text, values } of this.#statements) {
        const { name, ready, evicted } = this.#names.use(text);
        if (evicted !== undefined) connection.close({ type: 'S', name: evicted }, true);
        if (!ready) {
          connection.close({ type: 'S', name }, true);
          connection.parse({ name, text, types: [] }, true);
        }
        connection.bind({ statement: name, values: [...values] }, true);
        connection.execute({}, true);
      }
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleDataRow(message: unknown): void {
    const parsed = rowSchema.safeParse(message);
    if (parsed.success) this.#rows[this.#index] = parsed.data.fields;
  }

  handleCommandComplete(): void {
    this.#index += 1;
  }

  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}

  /** Only now is the transaction known to be committed. */
  handleReadyForQuery(): void {
    this.#names.succeeded(this.#statements.map(({ text }) => text));
    this.#finish({ rows: this.#rows });
  }

  handleError(error: unknown): void {
    const report = reportSchema.safeParse(error);
    const reported = report.success && /^[0-9A-Z]{5}$/.test(report.data.code);
    this.#finish({
      rows: this.#rows,
      error: reported
        ? new DatabaseError(report.data, this.#statements[this.#index]?.prelude)
        : new ConnectionLost('connection lost', { cause: error }),
    });
  }
}
