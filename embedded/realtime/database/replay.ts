import type { Pool } from 'pg';
import { z } from 'zod';

export interface StoredMessage {
  id: string;
  event: string;
  /** JSON text, or null when the row holds a null payload or bytes. */
  payload: string | null;
  binary: Buffer | null;
}

const rowSchema = z.object({
  id: z.string(),
  event: z.string().nullable(),
  payload: z.string().nullable(),
  binary: z.instanceof(Buffer).nullable(),
});

const maxReplayed = 25;

/** The newest messages of a private topic since a moment, oldest first. `limit` is brought between 1 and 25. */
export async function readReplay(
  pool: Pool,
  topic: string,
  sinceMs: number,
  limit: number | undefined,
): Promise<StoredMessage[]> {
  const count = Math.min(maxReplayed, Math.max(1, limit ?? maxReplayed));
  const result = await pool.query(
    `select id::text, event, payload::text, binary_payload as binary from realtime.messages
     where topic = $1 and private and extension = 'broadcast'
       and inserted_at >= (to_timestamp($2::double precision / 1000) at time zone 'utc')
       and inserted_at <= (clock_timestamp() at time zone 'utc')
     order by inserted_at desc limit $3`,
    [topic, sinceMs, count],
  );
  return z
    .array(rowSchema)
    .parse(result.rows)
    .reverse()
    .map((row) => ({ ...row, event: row.event ?? '' }));
}
