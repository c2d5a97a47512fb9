import type { Pool, PoolClient } from 'pg';
import { spliceJson } from '../domain/json-text.ts';

export interface NewEvent {
  id: string;
  key: string;
  /** JSON text. */
  payload: string;
  metadata: Record<string, unknown>;
  scope: string | undefined;
  priority: number | undefined;
  createdAt: Date;
}

export async function insertEvents(client: Pool | PoolClient, events: readonly NewEvent[]): Promise<void> {
  const rows = events.map((event) =>
    spliceJson(
      { id: event.id, key: event.key, metadata: event.metadata, scope: event.scope, created_at: event.createdAt },
      { payload: event.payload },
    ),
  );
  await client.query(
    `insert into events (id, key, payload, metadata, scope, created_at)
     select * from json_to_recordset($1::json) as e(
       id uuid, key text, payload json, metadata jsonb, scope text, created_at timestamptz)`,
    [`[${rows.join(',')}]`],
  );
}
