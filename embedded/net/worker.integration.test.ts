import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { startRole } from '../../test/support/role.ts';
import { waitFor } from '../../test/support/wait.ts';
import { type NetWorker, startNetWorker } from './worker.ts';

const log = pino({ level: 'silent' });
let postgres: TestPostgres;
let client: pg.Client;
let worker: NetWorker;
let server: http.Server;
let url: string;
const seen: string[] = [];
const held: http.ServerResponse[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  client = new pg.Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  server = http.createServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url?.startsWith('/hold')) held.push(response);
    else response.end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  worker = startNetWorker({ databaseUrl: postgres.url('supabase_admin'), log });
  await worker.ready;
});
afterAll(async () => {
  await worker.stop(0);
  server.closeAllConnections();
  server.close();
  await client.end();
  await postgres.stop();
});
beforeEach(async () => {
  seen.length = 0;
  held.length = 0;
  await client.query('delete from net._http_response');
});

const answered = (id: string): Promise<{ status_code: number | null; error_msg: string | null }> =>
  waitFor(
    async () => {
      const { rows } = await client.query('select status_code, error_msg from net._http_response where id = $1', [id]);
      return rows[0];
    },
    { timeoutMs: 5_000, what: `an answer to request ${id}` },
  );

const get = async (path: string): Promise<string> =>
  (await client.query('select net.http_get($1) as id', [`${url}${path}`])).rows[0].id;

test('targets that hang do not hold up the others', async () => {
  const other = http.createServer((_request, response) => response.end('quick'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  try {
    await client.query(`select net.http_get($1 || i, timeout_milliseconds := 60000) from generate_series(1, 300) i`, [
      `${url}/hold?`,
    ]);
    await waitFor(() => held.length >= 100, { timeoutMs: 5_000, what: 'the share of one origin to be used up' });
    const { rows } = await client.query('select net.http_get($1) as id', [
      `http://127.0.0.1:${(other.address() as AddressInfo).port}/quick`,
    ]);
    expect(await answered(rows[0].id)).toEqual({ status_code: 200, error_msg: null });
    expect(held.length).toBeLessThan(150);
  } finally {
    other.closeAllConnections();
    other.close();
    const release = setInterval(() => {
      for (const response of held.splice(0)) response.end();
    }, 5);
    await waitFor(async () => (await stored()) >= 301, { timeoutMs: 10_000, what: 'all 301 answers' }).finally(() =>
      clearInterval(release),
    );
  }
});

test('a batch of writers loses and doubles nothing', async () => {
  await client.query(`select net.http_post($1 || i, '{"a": 1}') from generate_series(1, 2000) i`, [`${url}/n?`]);
  await waitFor(async () => (await stored()) === 2000, { timeoutMs: 20_000, what: '2000 answers' });
  expect(new Set(seen).size).toBe(2000);
  expect(seen.length).toBe(2000);
});

test('a row that the domain allows and nobody can send is answered, and the queue goes on', async () => {
  const insert = `insert into net.http_request_queue (method, url, headers, timeout_milliseconds) values `;
  const { rows } = await client.query(
    `${insert} ('GET', $1, '[1]', 1000), ('get', 'nonsense', null, 1000) returning id`,
    [url],
  );
  expect(await answered(rows[0].id)).toEqual({ status_code: null, error_msg: 'headers must be a JSON object' });
  expect(await answered(rows[1].id)).toEqual({ status_code: null, error_msg: 'Unsupported protocol' });
  expect(await answered(await get('/after'))).toEqual({ status_code: 200, error_msg: null });
});

test('the connection to the database is made again after it was cut', async () => {
  const admin = new pg.Client({ connectionString: postgres.url('supabase_admin') });
  await admin.connect();
  try {
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pg_net 0.20.4'`;
    expect((await admin.query(cut)).rowCount).toBe(1);
    expect(await answered(await get('/again'))).toEqual({ status_code: 200, error_msg: null });
    await client.query('select net.check_worker_is_up()');
  } finally {
    await admin.end();
  }
});

test('an answer that the table refuses is dropped alone', async () => {
  const admin = new pg.Client({ connectionString: postgres.url('supabase_admin') });
  await admin.connect();
  try {
    await admin.query(
      `alter table net._http_response add constraint no_poison check (content is distinct from 'poison')`,
    );
    const poison = http.createServer((_request, response) => response.end('poison'));
    poison.listen(0, '127.0.0.1');
    await once(poison, 'listening');
    try {
      const port = (poison.address() as AddressInfo).port;
      await client.query('select net.http_get($1), net.http_get($2)', [`http://127.0.0.1:${port}/`, `${url}/fine`]);
      expect(await answered(await get('/then'))).toEqual({ status_code: 200, error_msg: null });
    } finally {
      poison.closeAllConnections();
      poison.close();
    }
  } finally {
    await admin.query('alter table net._http_response drop constraint no_poison');
    await admin.end();
  }
});

test('as a program: serves until SIGTERM, stores the answer that is on its way, exits 0', async () => {
  await worker.stop(0);
  const role = await startRole(
    new URL('./main.ts', import.meta.url),
    { DATABASE_URL: postgres.url('supabase_admin') },
    {
      ready: async () => (await client.query('select net.check_worker_is_up()')).rowCount === 1,
    },
  );
  const id = await get('/hold');
  await waitFor(() => held.length === 1, { timeoutMs: 5_000, what: 'the request' });
  const stopped = role.stop();
  held[0]?.end('late');
  expect(await stopped).toBe(0);
  expect(await answered(id)).toEqual({ status_code: 200, error_msg: null });
  expect(role.output()).not.toContain(postgres.password);
  worker = startNetWorker({ databaseUrl: postgres.url('supabase_admin'), log });
  await worker.ready;
});

test('as a program: a bad environment is exit 78, and says which variable', async () => {
  const role = startRole(new URL('./main.ts', import.meta.url), {}, { ready: async () => false, timeoutMs: 10_000 });
  await expect(role).rejects.toThrow(/exited \(78\)[\s\S]*DATABASE_URL/);
});

async function stored(): Promise<number> {
  const { rows } = await client.query('select count(*)::int as n from net._http_response');
  return rows[0].n;
}
