// pg_net's background worker: sends as the user that `pg_net.username` names, and looks whether that has changed, as the
// real one does when it is told to start again.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { type NetWorker, startNetWorker } from '../../../../embedded/net/worker.ts';

const lookEveryMs = 1_000;
const log = pino({ name: 'pg_net', level: 'warn' });
const urlOf = (user: string): string => `postgres://${user}@127.0.0.1:${process.env.PGPORT ?? '5432'}/postgres`;

/** Whose rights it has, or null while the extension is not installed. */
async function wantedUser(): Promise<string | null> {
  const client = new pg.Client({ connectionString: urlOf('supabase_admin') });
  try {
    await client.connect();
    const { rows } = await client.query<{ user: string }>(
      `select coalesce(nullif(current_setting('pg_net.username', true), ''), 'supabase_admin') as user
       from pg_extension where extname = 'pg_net'`,
    );
    return rows[0]?.user ?? null;
  } finally {
    await client.end();
  }
}

let running: { user: string; worker: NetWorker } | null = null;
for (;;) {
  try {
    const user = await wantedUser();
    if (running !== null && running.user !== user) {
      await running.worker.stop();
      running = null;
    }
    if (running === null && user !== null) {
      const worker = startNetWorker({ databaseUrl: urlOf(user), log });
      running = { user, worker };
      await worker.ready;
    }
  } catch (error) {
    // The server is starting or stopping; the worker itself connects again by itself.
    log.debug({ err: error }, 'not now');
  }
  await delay(lookEveryMs);
}
