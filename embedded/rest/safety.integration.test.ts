import http from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type OwnTarget, startOwnTarget } from '../../test/contract/rest/target.ts';
import { waitFor } from '../../test/support/wait.ts';

// The one-write transaction stands on facts of the protocol and of Postgres that no manual promises in this combination;
// these attacks are run against every version of both. Each attack also asserts that it took place.
const attacks = `
CREATE TABLE t_def (id int PRIMARY KEY, ref int, CONSTRAINT fk FOREIGN KEY (ref) REFERENCES t_def (id) DEFERRABLE INITIALLY DEFERRED);
GRANT ALL ON t_def TO authenticated;
CREATE FUNCTION ro_off() RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); RETURN 'now writable'; END $$;
CREATE FUNCTION stay(r text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN
  PERFORM set_config('role', r, false); PERFORM set_config('request.jwt.claims', '{"sub":"evil"}', false);
  PERFORM set_config('search_path', 'private', false); PERFORM set_config('response.status', '418', false);
  PERFORM set_config('response.headers', format('[{"X-Evil":"%s"}]', pg_backend_pid()), false); PERFORM set_config('TimeZone', 'Mars', false);
  RETURN current_user; EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM set_config('role', r, false); PERFORM set_config('request.jwt.claims', '{"sub":"evil"}', false);
  PERFORM set_config('search_path', 'private', false); PERFORM set_config('response.status', '418', false);
  PERFORM set_config('response.headers', format('[{"X-Evil":"%s"}]', pg_backend_pid()), false); PERFORM set_config('TimeZone', 'Asia/Tokyo', false);
  PERFORM set_config('statement_timeout', '1', false); RETURN current_user; END $$;
CREATE FUNCTION forget() RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN 'gone'; END $$;
CREATE FUNCTION half(n int) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$ BEGIN
  INSERT INTO nopk VALUES (n, 'half'); IF n % 2 = 0 THEN RAISE EXCEPTION 'even'; END IF; RETURN 'ok'; END $$;
CREATE FUNCTION hang() RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN 'x'; END $$;`;

const whoSchema = z.object({
  current_user: z.string(),
  session_user: z.string(),
  uid: z.string().nullable(),
  ro: z.string(),
  iso: z.string(),
  timeout: z.string(),
  tz: z.string(),
  search_path: z.string(),
});
const errorSchema = z.object({ code: z.string() });

interface Answer {
  status: number;
  text: string;
  headers: http.IncomingHttpHeaders;
}

let target: OwnTarget;
const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });
const tokens = new Map<string, string | undefined>();

function call(who: string, path: string, body?: string): Promise<Answer> {
  const token = tokens.has(who) ? tokens.get(who) : target.tokens.of(who);
  tokens.set(who, token);
  return new Promise((resolve, reject) => {
    const request = http.request(
      target.url + path,
      {
        agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
const many = (count: number, make: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const who = (answer: Answer): z.infer<typeof whoSchema> => whoSchema.parse(JSON.parse(answer.text));
const code = (answer: Answer): string => errorSchema.parse(JSON.parse(answer.text)).code;
const countOf = async (sql: string): Promise<number> => {
  const { rows } = await target.database.query<{ n: number }>(sql);
  return rows[0]?.n ?? -1;
};
/** Ids of the service's backends. */
const connections = async (): Promise<number[]> => {
  const { rows } = await target.database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'sfp-rest' AND datname = current_database()`,
  );
  return rows.map(({ pid }) => pid);
};

beforeAll(async () => {
  target = await startOwnTarget({ PGRST_DB_POOL: '8' }, attacks);
});
afterAll(async () => {
  agent.destroy();
  await target.stop();
});

const annId = '11111111-1111-1111-1111-111111111111';
const outId = '33333333-3333-3333-3333-333333333333';

describe('identity', () => {
  test('a request runs under the role and claims of its token, read-only for GET', async () => {
    expect(who(await call('ann', '/rpc/whoami'))).toMatchObject({
      current_user: 'authenticated',
      session_user: 'authenticator',
      uid: annId,
      ro: 'on',
    });
    expect(who(await call('none', '/rpc/whoami'))).toMatchObject({ current_user: 'anon', uid: null });
    expect(who(await call('ann', '/rpc/whoami_volatile', '{}')).ro).toBe('off');
  });

  test('1500 concurrent callers with SQL errors between them never get each other’s identity', async () => {
    const wanted = {
      ann: ['authenticated', annId],
      out: ['authenticated', outId],
      none: ['anon', null],
      svc: ['service_role', null],
    } as const;
    const names = ['ann', 'out', 'none', 'svc'] as const;
    const seen = await Promise.all(
      Array.from({ length: 1500 }, async (_, index) => {
        const name = names[(index * 7 + (index >> 3)) % 4] ?? 'none';
        if (index % 11 === 0) return (await call(name, '/rpc/boom', '{"kind":"22012"}')).status === 400;
        if (index % 13 === 0) return (await call(name, '/projects?select=nope')).status === 400;
        const { current_user, uid } = who(await call(name, '/rpc/whoami'));
        return current_user === wanted[name][0] && uid === wanted[name][1];
      }),
    );
    expect(seen.filter((right) => !right)).toEqual([]);
  });

  test('one prepared statement serves four callers, each sees the rows of its own policies', async () => {
    const wanted = { ann: 2, out: 0, none: 0, svc: 4 } as const;
    const names = ['ann', 'out', 'none', 'svc'] as const;
    const answers = await Promise.all(
      Array.from({ length: 600 }, async (_, index) => {
        const name = names[(index * 5 + (index >> 4)) % 4] ?? 'none';
        const rows: unknown = JSON.parse((await call(name, '/projects?select=id,name&order=name')).text);
        return Array.isArray(rows) && rows.length === wanted[name];
      }),
    );
    expect(answers.every(Boolean)).toBe(true);
  });

  test('what a function sets for the session does not reach the next request', async () => {
    const attacked = await many(40, () => call('svc', '/rpc/stay', '{"r":"service_role"}'));
    const spoilt = [...new Set(attacked.map(({ headers }) => Number(headers['x-evil'])))];
    expect(attacked.every(({ status }) => status === 418)).toBe(true);
    const after = await many(60, () => call('none', '/rpc/whoami'));
    for (const answer of after) {
      expect(answer.status).toBe(200);
      expect(answer.headers['x-evil']).toBeUndefined();
      expect(who(answer)).toMatchObject({
        current_user: 'anon',
        uid: null,
        timeout: '0',
        search_path: '"public", "public"',
      });
      expect(who(answer).tz).not.toBe('Asia/Tokyo');
    }
    const rows = await many(60, () => call('none', '/projects?select=id'));
    expect(rows.every(({ text }) => text === '[]')).toBe(true);
    // What it left is a timeout of a millisecond: such a connection is given up.
    expect(spoilt.every((pid) => pid > 0)).toBe(true);
    expect((await connections()).filter((pid) => spoilt.includes(pid))).toEqual([]);
  });

  test('role settings act: the timeout and isolation of the caller’s role', async () => {
    expect(who(await call('slow', '/rpc/whoami'))).toMatchObject({ iso: 'serializable', timeout: '300ms', ro: 'on' });
    expect(code(await call('slow', '/rpc/nap', '{"s":2}'))).toBe('57014');
    expect(who(await call('ann', '/rpc/whoami'))).toMatchObject({ iso: 'read committed', timeout: '0' });
  });
});

describe('one transaction per request', () => {
  test('an error rolls everything back: of 400 mixed writes exactly the good ones are stored', async () => {
    const answers = await many(400, (n) => call('ann', '/rpc/half', JSON.stringify({ n })));
    const wrong = answers.flatMap(({ status, text }, n) =>
      status === (n % 2 === 0 ? 400 : 200) ? [] : [`${n}: ${status} ${text}`],
    );
    expect(wrong).toEqual([]);
    expect(await countOf(`SELECT count(*)::int AS n FROM nopk WHERE b = 'half'`)).toBe(200);
    expect(await countOf(`SELECT count(*)::int AS n FROM nopk WHERE b = 'half' AND a % 2 = 0`)).toBe(0);
  });

  test('a deferred constraint that fails at the end is no 201', async () => {
    const answer = await call('ann', '/t_def', '{"id":1,"ref":99}');
    expect([answer.status, code(answer)]).toEqual([409, '23503']);
    expect(await countOf('SELECT count(*)::int AS n FROM t_def')).toBe(0);
    expect((await call('ann', '/t_def', '{"id":2,"ref":2}')).status).toBe(201);
  });

  test('a read cannot write, nor make itself writable', async () => {
    const answer = await call('ann', '/rpc/write_volatile?n=7');
    expect([answer.status, code(answer)]).toEqual([405, '25006']);
    expect(code(await call('ann', '/rpc/ro_off'))).toBe('25001');
  });

  test('a serialisation failure is retried a bounded number of times, then answered', async () => {
    expect(code(await call('svc', '/rpc/boom', '{"kind":"40001"}'))).toBe('40001');
    expect(code(await call('svc', '/rpc/deadlock', '{}'))).toBe('40P01');
  });

  test('no connection is left inside a transaction', async () => {
    const open = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'authenticator' AND state LIKE 'idle in%'`;
    await waitFor(async () => (await countOf(open)) === 0, { timeoutMs: 5000, what: 'idle connections' });
  });
});

describe('what goes wrong below', () => {
  test('DEALLOCATE ALL in a function heals without a failed request', async () => {
    expect((await call('ann', '/rpc/forget', '{}')).status).toBe(200);
    const answers = await many(60, () => call('ann', '/projects?select=id&limit=1'));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  });

  test('a killed backend is a 503 for its request alone, and the pool refills', async () => {
    const [killed, ...others] = await Promise.all([
      call('svc', '/rpc/hang', '{}'),
      ...Array.from({ length: 30 }, () => call('ann', '/projects?select=id&limit=1')),
    ]);
    expect([killed.status, code(killed)]).toEqual([503, 'PGRST001']);
    expect(others.every(({ status }) => status === 200)).toBe(true);
    expect(
      (await many(60, () => call('ann', '/projects?select=id&limit=1'))).every(({ status }) => status === 200),
    ).toBe(true);
  });

  test('quotes and NUL in names and values stay data', async () => {
    expect((await call('ann', '/projects?select=id%22%20from%20private.vault--')).status).toBe(400);
    expect(code(await call('ann', '/projects?select=%22a%22%22%20from%20private.vault--%22'))).toMatch(
      /42703|PGRST100/,
    );
    expect((await call('ann', '/projects?name=eq.a%00b')).status).toBe(200);
    expect((await call('ann', '/projects?select=id&limit=1')).status).toBe(200);
  });

  test('a column added under prepared statements appears', async () => {
    expect((await call('svc', '/countries?select=*')).status).toBe(200);
    await target.database.query('ALTER TABLE countries ADD COLUMN extra int');
    const answer = await call('svc', '/countries?select=*');
    expect(answer.text).toContain('"extra"');
    await target.database.query('ALTER TABLE countries DROP COLUMN extra');
    expect((await call('svc', '/countries?select=*')).text).not.toContain('"extra"');
  });

  // Last: it cuts every connection to the database, the suite's own too.
  test('database away: 503 at once, back within moments, without a restart', async () => {
    const other = new pg.Client({ connectionString: target.otherDatabaseUrl });
    await other.connect();
    try {
      const running = call('svc', '/rpc/nap', '{"s":20}');
      await waitFor(
        async () =>
          (
            await other.query(
              `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%nap%' AND state = 'active' AND usename = 'authenticator'`,
            )
          ).rowCount === 1,
        { timeoutMs: 5000, what: 'the long request to run' },
      );
      await other.query(`ALTER DATABASE ${target.databaseName} ALLOW_CONNECTIONS false`);
      await other.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [
        target.databaseName,
      ]);
      expect(code(await running)).toBe('PGRST001');
      await waitFor(async () => (await fetch(`${target.adminUrl}/ready`)).status === 503, {
        timeoutMs: 5000,
        what: 'not ready',
      });
      const down = await call('ann', '/projects?select=id');
      expect([down.status, code(down), down.headers['retry-after']]).toEqual([503, 'PGRST002', '0']);
      expect((await fetch(`${target.adminUrl}/live`)).status).toBe(200);
      await other.query(`ALTER DATABASE ${target.databaseName} ALLOW_CONNECTIONS true`);
      await waitFor(async () => (await call('ann', '/projects?select=id&limit=1')).status === 200, {
        timeoutMs: 5000,
        what: 'the service to be back',
      });
      expect((await fetch(`${target.adminUrl}/ready`)).status).toBe(200);
    } finally {
      await other.query(`ALTER DATABASE ${target.databaseName} ALLOW_CONNECTIONS true`);
      await other.end();
    }
  });
});
