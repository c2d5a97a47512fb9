import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DatabaseSession } from '../database-session.ts';

const walRangeSchema = z.object({
  label: z.string(),
  segments: z.array(z.string().regex(/^[0-9A-F]{24}$/)).min(1),
});
/** What makes a copy of the files consistent: where its recovery begins, and the WAL from there to the copy's end. */
export type WalRange = z.infer<typeof walRangeSchema>;

/**
 * A backup of the running server by its low-level interface, which needs no replication connection (the image lets none
 * in). Server's files copied between `begin` and `end` are mended by the WAL of the meantime. Both the backup and the slot
 * that keeps this WAL belong to the session: when it ends, however that comes, they are gone.
 */
export class OnlineBackup {
  readonly #session: DatabaseSession;
  readonly #start: string;

  private constructor(session: DatabaseSession, start: string) {
    this.#session = session;
    this.#start = start;
  }

  static async begin(session: DatabaseSession): Promise<OnlineBackup> {
    const slot = `sfp_backup_${randomBytes(6).toString('hex')}`;
    await session.query(`select pg_create_physical_replication_slot('${slot}', true, true)`);
    return new OnlineBackup(session, await session.query("select pg_backup_start('sfp', fast => true)"));
  }

  /** The slot goes on to keep the WAL until the session ends. */
  async end(): Promise<WalRange> {
    // A position on a border is the end of the segment before it, the beginning of the next, depending on the release:
    // the last byte written is asked for, and one inside of each segment.
    return walRangeSchema.parse(
      await this.#session.json(`
        with stopped as (select * from pg_backup_stop(wait_for_archive => false)),
        size as (select setting::numeric as bytes from pg_settings where name = 'wal_segment_size'),
        numbers as (
          select generate_series(
            floor(('${this.#start}'::pg_lsn - '0/0'::pg_lsn) / bytes), floor((lsn - '0/0'::pg_lsn - 1) / bytes)
          ) as number, bytes from stopped, size)
        select json_build_object('label', (select labelfile from stopped),
          'segments', (select json_agg(pg_walfile_name('0/0'::pg_lsn + number * bytes + 1) order by number) from numbers))`),
    );
  }
}
