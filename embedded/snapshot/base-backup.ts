import type { Connection, Submittable } from 'pg';

/**
 * The `BASE_BACKUP` command of a replication connection: the server itself copies its files while it works, leaves out what
 * a copy must not have (unlogged and temporary tables, slots, lock files), adds backup_label and the WAL that makes the
 * copy consistent, and sends it all as one tar. Iterate over it to get the tar; it ends only when the server said that all went well.
 */
export class BaseBackup implements Submittable, AsyncIterable<Buffer> {
  readonly #chunks: Buffer[] = [];
  #connection: Connection | undefined;
  #held = 0;
  #archives = 0;
  #ended = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  submit(connection: Connection): void {
    this.#connection = connection;
    connection.query("BASE_BACKUP (LABEL 'sfp', CHECKPOINT 'fast', WAL true, MANIFEST 'no')");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#held -= chunk.length;
        if (this.#held < lowWaterBytes) this.#connection?.stream.resume();
        yield chunk;
      } else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  /** Ends the iteration with this error; for a connection that is lost or given up. */
  fail(error: Error): void {
    if (!this.#ended) this.#failure ??= error;
    this.#wake();
  }

  // What the client calls with each message of the server's answer.
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // Messages since Postgres 15: n(ew archive), d(ata), m(anifest), p(rogress).
    const kind = String.fromCharCode(chunk[0] ?? 0);
    if (kind === 'n') {
      this.#archives += 1;
      // A second one would be a tablespace outside the data directory, which no stack has.
      if (this.#archives > 1) this.fail(new Error('the cluster has tablespaces outside its data directory'));
      return;
    }
    if (kind !== 'd' || this.#failure !== undefined) return;
    // The client's buffer is used again for what comes next, so this is a copy.
    this.#chunks.push(Buffer.from(chunk.subarray(1)));
    this.#held += chunk.length - 1;
    if (this.#held > highWaterBytes) this.#connection?.stream.pause();
    this.#wake();
  }

  handleError(error: Error): void {
    this.fail(error);
  }

  handleReadyForQuery(): void {
    this.#ended = true;
    this.#wake();
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

const highWaterBytes = 4_000_000;
const lowWaterBytes = 1_000_000;
