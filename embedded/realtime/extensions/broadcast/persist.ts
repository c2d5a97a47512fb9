import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { isRecord } from '../../wire/message.ts';

/** True when the header metadata of a push asks to keep the message for replay. */
export function parsePersist(meta: string): true | undefined {
  if (meta === '') return undefined;
  try {
    const value: unknown = JSON.parse(meta);
    const persist = isRecord(value) ? value.persist : undefined;
    return persist === true || isRecord(persist) ? true : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stores a message of a private topic for replay and gives its id. The caller delivers it; the id is remembered so that
 * the row, when it comes back through replication, is not delivered twice.
 */
export async function storeBroadcast(
  pool: Pool,
  ownIds: Set<string>,
  message: { topic: string; event: string; payload?: string; bytes?: Buffer },
): Promise<string> {
  const id = randomUUID();
  ownIds.add(id);
  try {
    await pool.query(
      `insert into realtime.messages (id, topic, extension, event, private, payload, binary_payload)
       values ($1, $2, 'broadcast', $3, true, $4, $5)`,
      [id, message.topic, message.event, message.payload ?? null, message.bytes ?? null],
    );
  } catch (error) {
    ownIds.delete(id);
    throw error;
  }
  return id;
}
