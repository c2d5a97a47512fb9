import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type EngineProcess, startEngineProcess } from '../../test/contract/realtime/engine-process.ts';
import { recordedSchema } from '../../test/contract/realtime/recording.ts';
import { RecordedClient } from '../../test/contract/realtime/supabase-client.ts';
import { users } from '../../test/contract/realtime/tokens.ts';
import { WireClient } from '../../test/contract/realtime/wire-client.ts';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { waitFor } from '../../test/support/wait.ts';

let postgres: TestPostgres;
let engine: EngineProcess;
let db: pg.Client;
const clients: RecordedClient[] = [];
const sockets: WireClient[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { synchronous_commit: 'on' } });
  engine = await startEngineProcess(postgres);
  const owner = new pg.Client({ connectionString: postgres.url('postgres') });
  await owner.connect();
  await owner.query(recordedSchema());
  await owner.end();
  db = new pg.Client({ connectionString: postgres.url('supabase_admin') });
  await db.connect();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  for (const socket of sockets.splice(0)) socket.drop();
});

afterAll(async () => {
  await db?.end();
  await engine?.role.stop();
  await postgres?.stop();
});

async function clientOf(label: string): Promise<RecordedClient> {
  const accessToken = await engine.tokens.of(label);
  const target = { url: engine.url, tenantHost: '127.0.0.1' };
  const client = new RecordedClient(target, await engine.tokens.of('anon'), { accessToken });
  await client.client.realtime.setAuth();
  clients.push(client);
  return client;
}

/** Joins a topic and notes every status and broadcast. */
async function watch(client: RecordedClient, topic: string): Promise<void> {
  client.client
    .channel(topic, { config: { private: true } })
    .on('broadcast', { event: '*' }, (message) => client.note('broadcast', message.payload))
    .subscribe((status) => client.note('status', status));
  expect(await client.take('status')).toEqual({ event: 'status', args: ['SUBSCRIBED'] });
}

test('two users: each gets the rows that RLS lets it see', async () => {
  const u1 = await clientOf('authenticated sub=U1');
  const u2 = await clientOf('authenticated sub=U2');
  for (const client of [u1, u2]) {
    client.client
      .channel('secrets')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'secure' }, (change) =>
        client.note('change', change.new),
      )
      .on('system', {}, (message) => client.note('system', message.message))
      .subscribe();
    expect((await client.take('system'))?.args).toEqual(['Subscribed to PostgreSQL']);
  }
  await db.query('insert into public.secure(id, owner, body) values (900, $1, $3), (901, $2, $3)', [
    users.U1,
    users.U2,
    'x',
  ]);
  expect((await u1.take('change'))?.args).toEqual([{ id: 900, owner: users.U1, body: 'x' }]);
  expect((await u2.take('change'))?.args).toEqual([{ id: 901, owner: users.U2, body: 'x' }]);
  expect([...u1.leftovers(), ...u2.leftovers()].filter(({ event }) => event === 'change')).toEqual([]);
});

test('a revoked grant ends the changes at once', async () => {
  const u1 = await clientOf('authenticated sub=U1');
  await db.query('create table public.ledger (id int primary key, note text, secret text)');
  await db.query('grant select on public.ledger to authenticated');
  await db.query('alter publication supabase_realtime add table public.ledger');
  u1.client
    .channel('ledger')
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'ledger' }, (change) =>
      u1.note('change', change),
    )
    .on('system', {}, (message) => u1.note('system', message.message))
    .subscribe();
  await u1.take('system');
  await db.query("insert into public.ledger values (1, 'a', 's')");
  expect((await u1.take('change'))?.args).toMatchObject([{ new: { id: 1, note: 'a', secret: 's' } }]);
  await db.query('revoke select on public.ledger from authenticated');
  await db.query('grant select (id, note) on public.ledger to authenticated');
  await db.query("insert into public.ledger values (2, 'b', 's')");
  expect((await u1.take('change'))?.args).toMatchObject([{ new: { id: 2, note: 'b' } }]);
  await db.query('revoke select on public.ledger from authenticated');
  await db.query("insert into public.ledger values (3, 'c', 's')");
  expect((await u1.take('change'))?.args).toMatchObject([{ new: {}, errors: ['Error 401: Unauthorized'] }]);
  await db.query('drop table public.ledger');
});

test('a policy that fails for one user hides the row from that user only', async () => {
  await db.query(`create table public.moody (id int primary key, body text);
    alter table public.moody enable row level security;
    grant select on public.moody to authenticated;
    create policy p on public.moody for select to authenticated
      using (1 / (case when (select auth.uid()) = '${users.U2}' then 0 else 1 end) = 1);
    alter publication supabase_realtime add table public.moody`);
  const watching = [];
  for (const label of ['authenticated sub=U2', 'authenticated sub=U1', 'authenticated no sub']) {
    const client = await clientOf(label);
    client.client
      .channel('moody')
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'moody' }, (change) =>
        client.note('change', change.new),
      )
      .on('system', {}, (message) => client.note('system', message.message))
      .subscribe();
    await client.take('system');
    watching.push(client);
  }
  const [failing, ...others] = watching;
  await db.query("insert into public.moody values (1, 'x')");
  for (const client of others) expect((await client.take('change'))?.args).toEqual([{ id: 1, body: 'x' }]);
  expect(failing?.leftovers()).toEqual([]);
  await db.query('drop table public.moody');
});

test('fifty watchers get every broadcast of the database, in commit order', { timeout: 60_000 }, async () => {
  const watchers = await Promise.all(Array.from({ length: 50 }, () => clientOf('authenticated sub=U1')));
  await Promise.all(watchers.map((watcher) => watch(watcher, 'room:rw')));
  const count = 100;
  for (let n = 0; n < count; n += 1) {
    await db.query("select realtime.send(jsonb_build_object('n', $1::int), 'tick', 'room:rw', true)", [n]);
  }
  for (const watcher of watchers) {
    const seen: unknown[] = [];
    for (let n = 0; n < count; n += 1) seen.push((await watcher.take('broadcast'))?.args[0]);
    expect(seen).toMatchObject(Array.from({ length: count }, (_, n) => ({ n })));
  }
});

test('a killed walsender: members are told, join again by themselves and miss nothing from then on', async () => {
  const u1 = await clientOf('authenticated sub=U1');
  await watch(u1, 'room:rw');
  await db.query("select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'");
  expect((await u1.take('status'))?.args).toEqual(['CHANNEL_ERROR']);
  expect((await u1.take('status'))?.args).toEqual(['SUBSCRIBED']);
  await db.query("select realtime.send(jsonb_build_object('after', 1), 'tick', 'room:rw', true)");
  expect((await u1.take('broadcast'))?.args).toMatchObject([{ after: 1 }]);
});

test('killed database sessions: the next join finds new ones', async () => {
  await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'realtime' and pid <> pg_backend_pid()",
  );
  await watch(await clientOf('authenticated sub=U1'), 'room:rw');
});

test('a reader that is stuck is dropped with little buffered, and the others are served', async () => {
  const anon = await engine.tokens.of('anon');
  const address = `ws://127.0.0.1:${engine.url.port}/socket/websocket?vsn=2.0.0&apikey=${anon}`;
  const join = JSON.stringify(['1', '1', 'realtime:flood', 'phx_join', { config: { broadcast: { ack: true } } }]);
  const joined = { key: JSON.stringify(['realtime:flood', 'phx_reply', '1']), value: undefined, size: 0 };
  const connect = async (): Promise<WireClient> => {
    const socket = new WireClient(address, {});
    sockets.push(socket);
    await socket.opened();
    socket.send(join);
    expect(await socket.take(joined, 5_000)).toBeDefined();
    return socket;
  };
  const stuck = await connect();
  const reader = await connect();
  const writer = await connect();
  stuck.pause();
  const payload = 'x'.repeat(1_000_000);
  const message = { key: JSON.stringify(['realtime:flood', 'broadcast', null]), value: undefined, size: 0 };
  for (let n = 2; n < 42; n += 1) {
    const frame = ['1', String(n), 'realtime:flood', 'broadcast', { event: 'e', payload: { n, payload } }];
    writer.send(JSON.stringify(frame));
    expect(await reader.take(message, 5_000)).toBeDefined();
  }
  const line = await waitFor(() => /.*slow consumer dropped.*/.exec(engine.role.output())?.[0], {
    timeoutMs: 5_000,
    what: 'the stuck socket to be dropped',
  });
  expect(JSON.parse(line).bufferedBytes).toBeLessThan(10_000_000);
});

test('persist: a message of a client is delivered once and kept for replay', async () => {
  const u1 = await clientOf('authenticated sub=U1');
  const u2 = await clientOf('authenticated sub=U2');
  await watch(u2, 'room:rw');
  const room = u1.client.channel('room:rw', { config: { private: true, broadcast: { ack: true } } });
  room.subscribe((status) => u1.note('status', status));
  await u1.take('status');
  const since = Date.now() - 1;
  expect(await room.send({ type: 'broadcast', event: 'kept', payload: { kept: 1 }, persist: true })).toBe('ok');
  expect((await u2.take('broadcast'))?.args).toEqual([{ kept: 1 }]);
  await db.query("select realtime.send('{\"last\": 1}', 'e', 'room:rw', true)");
  expect((await u2.take('broadcast'))?.args).toMatchObject([{ last: 1 }]);

  const late = await clientOf('authenticated sub=U1');
  late.client
    .channel('room:rw', { config: { private: true, broadcast: { replay: { since } } } })
    .on('broadcast', { event: '*' }, (message) => late.note('broadcast', message.payload))
    .subscribe();
  expect((await late.take('broadcast'))?.args).toEqual([{ kept: 1 }]);
});

test('postgres_changes_options.wait: the join is answered when the subscription is live, or refused', async () => {
  const anon = await engine.tokens.of('anon');
  const socket = new WireClient(`ws://127.0.0.1:${engine.url.port}/socket/websocket?vsn=2.0.0&apikey=${anon}`, {});
  sockets.push(socket);
  await socket.opened();
  const join = (topic: string, table: string): void => {
    const config = {
      postgres_changes: [{ event: '*', schema: 'public', table }],
      postgres_changes_options: { wait: true },
    };
    socket.send(JSON.stringify(['1', '1', topic, 'phx_join', { config }]));
  };
  const reply = (topic: string) =>
    socket.take({ key: JSON.stringify([topic, 'phx_reply', '1']), value: undefined, size: 0 }, 5_000);
  join('realtime:wait', 'todos');
  expect((await reply('realtime:wait'))?.value).toMatchObject({ payload: { status: 'ok' } });
  // No waiting for the system message: the reply has said it.
  await db.query("insert into public.todos(title) values ('at once')");
  const change = { key: JSON.stringify(['realtime:wait', 'postgres_changes', null]), value: undefined, size: 0 };
  expect((await socket.take(change, 5_000))?.value).toMatchObject({
    payload: { data: { record: { title: 'at once' } } },
  });
  join('realtime:refused', 'unpublished');
  expect((await reply('realtime:refused'))?.value).toMatchObject({
    payload: { status: 'error', response: { reason: expect.stringContaining('Please check Realtime is enabled') } },
  });
});

test('a day without a partition: nothing is lost, and the janitor leaves the rows in place', async () => {
  const u1 = await clientOf('authenticated sub=U1');
  await watch(u1, 'room:rw');
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '_');
  await db.query(`drop table realtime.messages_${today}`);
  await db.query("select realtime.send('{\"day\": 1}', 'e', 'room:rw', true)");
  expect((await u1.take('broadcast'))?.args).toMatchObject([{ day: 1 }]);
  await db.query('select realtime.sfp_maintain_partitions()');
  await db.query("select realtime.send('{\"day\": 2}', 'e', 'room:rw', true)");
  expect((await u1.take('broadcast'))?.args).toMatchObject([{ day: 2 }]);
});

test('SIGTERM: every socket is closed with 1012 and the process ends with 0', async () => {
  const second = await startEngineProcess(postgres);
  const socket = new WireClient(
    `ws://127.0.0.1:${second.url.port}/socket/websocket?apikey=${await second.tokens.of('anon')}`,
    {},
  );
  await socket.opened();
  const ended = second.role.stop();
  const closed = await socket.take({ key: 'close', value: undefined, size: 0 }, 5_000);
  expect(closed?.value).toEqual({ code: 1012, reason: '' });
  expect(await ended).toBe(0);
});
