import type { Pool } from 'pg';
import { z } from 'zod';

const half = 2n ** 31n;
const epoch = 2n ** 32n;

/**
 * A moment in the order of commits, as a Postgres snapshot: what had become visible by then, and what had not. An LSN
 * would not do: a commit has its place in the log some milliseconds before anybody sees its rows.
 */
export class Moment {
  readonly #xmin: bigint;
  readonly #xmax: bigint;
  readonly #running: ReadonlySet<bigint>;

  private constructor(xmin: bigint, xmax: bigint, running: ReadonlySet<bigint>) {
    this.#xmin = xmin;
    this.#xmax = xmax;
    this.#running = running;
  }

  /** The present one. */
  static async now(pool: Pool): Promise<Moment> {
    const result = await pool.query('select pg_current_snapshot()::text as snapshot');
    return Moment.parse(z.object({ snapshot: z.string() }).parse(result.rows[0]).snapshot);
  }

  /** Reads `xmin:xmax:xip,…`. */
  static parse(text: string): Moment {
    const [xmin = '0', xmax = '0', running = ''] = text.split(':');
    const ids = running.split(',').filter((id) => id !== '');
    return new Moment(BigInt(xmin), BigInt(xmax), new Set(ids.map(BigInt)));
  }

  /** Whether the transaction, by the 32-bit id that the log carries, had been committed and visible. */
  isAfter(xid: number): boolean {
    const id = this.#widen(BigInt(xid));
    return id < this.#xmin || (id < this.#xmax && !this.#running.has(id));
  }

  /** The id in the epoch that is nearest to this moment. */
  #widen(xid: bigint): bigint {
    const id = (this.#xmax / epoch) * epoch + xid;
    if (id - this.#xmax > half) return id - epoch;
    return this.#xmax - id > half ? id + epoch : id;
  }
}
