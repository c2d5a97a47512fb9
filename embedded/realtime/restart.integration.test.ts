import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EngineProcess, isHealthy, startEngineProcess } from '../../test/contract/realtime/engine-process.ts';
import { recordedSchema } from '../../test/contract/realtime/recording.ts';
import { RecordedClient } from '../../test/contract/realtime/supabase-client.ts';
import { freePort } from '../../test/support/free-port.ts';
import { waitFor } from '../../test/support/wait.ts';
import { createPostgres, type Postgres } from '../postgres/postgres.ts';

const password = 'test-password';
let home: string;
let postgres: Postgres;
let engine: EngineProcess;
let client: RecordedClient;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sfp-rt-'));
  await chmod(home, 0o755);
  postgres = createPostgres({
    dataDir: join(home, 'data'),
    socketDir: home,
    port: await freePort(),
    password,
    settings: { fsync: 'off', shared_buffers: '32MB' },
    log: pino({ level: 'silent' }),
  });
  await postgres.start();
  engine = await startEngineProcess({ host: postgres.host, port: postgres.port, password });
  await run('postgres', recordedSchema());
});

afterAll(async () => {
  await client?.end();
  await engine?.role.stop();
  await postgres?.stop();
  await rm(home, { recursive: true, force: true });
});

async function run(role: string, sql: string): Promise<void> {
  const session = new pg.Client({ connectionString: postgres.url(role) });
  await session.connect();
  await session.query(sql);
  await session.end();
}

test('a fast stop of Postgres does not wait for us; after the restart members are told and join again', async () => {
  client = new RecordedClient({ url: engine.url, tenantHost: '127.0.0.1' }, await engine.tokens.of('anon'), {
    accessToken: await engine.tokens.of('authenticated sub=U1'),
  });
  await client.client.realtime.setAuth();
  client.client
    .channel('room:rw', { config: { private: true } })
    .on('broadcast', { event: '*' }, (message) => client.note('broadcast', message.payload))
    .subscribe((status) => client.note('room', status));
  client.client
    .channel('rows')
    .on('postgres_changes', { event: '*', schema: 'public', table: 'todos' }, (change) =>
      client.note('change', change.new),
    )
    .on('system', {}, (message) => client.note('system', message.message))
    .subscribe((status) => client.note('rows', status));
  expect((await client.take('room'))?.args).toEqual(['SUBSCRIBED']);
  expect((await client.take('system'))?.args).toEqual(['Subscribed to PostgreSQL']);

  // `stop` is a fast shutdown for 20 s and immediate after that: two live walsenders must let it end long before.
  const stopped = postgres.stop().then(() => 'stopped');
  const limit = new Promise((resolve) => setTimeout(resolve, 10_000, 'hangs').unref());
  expect(await Promise.race([stopped, limit])).toBe('stopped');
  expect(await isHealthy(engine.url, await engine.tokens.of('anon'))).toBe(false);

  await postgres.start();
  await waitFor(async () => isHealthy(engine.url, await engine.tokens.of('anon')), {
    timeoutMs: 10_000,
    what: 'the engine to be healthy again',
  });
  await untilStatus('room', 'SUBSCRIBED');
  await untilStatus('rows', 'SUBSCRIBED');
  await waitFor(async () => (await client.take('system'))?.args[0] === 'Subscribed to PostgreSQL', {
    timeoutMs: 10_000,
    what: 'the subscription to be live again',
  });
  await run('supabase_admin', `insert into public.todos(title) values ('after')`);
  await run('supabase_admin', `select realtime.send('{"after": 1}', 'tick', 'room:rw', true)`);
  expect((await client.take('change'))?.args).toMatchObject([{ title: 'after' }]);
  expect((await client.take('broadcast'))?.args).toMatchObject([{ after: 1 }]);
});

/** Channels pass through CHANNEL_ERROR on their way back. */
async function untilStatus(channel: string, wanted: string): Promise<void> {
  await waitFor(async () => (await client.take(channel))?.args[0] === wanted, {
    timeoutMs: 20_000,
    what: `${channel} to be ${wanted} again`,
  });
}
