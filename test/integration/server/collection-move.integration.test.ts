import { randomInt } from 'node:crypto';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

const seeds = 20_000;
/** Keys that writers fight for: some of the seeds, and as many new ones. */
const hot = 100;
const seedKey = (n: number): string => `s/${String(n).padStart(6, '0')}`;
const hotKey = (n: number): string => (n % 2 === 0 ? seedKey((n * seeds) / hot) : `${n % 4 === 1 ? 'a' : 'z'}/${n}`);
/** Never written after the seed. */
const stableKey = (): string => seedKey(1 + (seeds / hot) * 2 * randomInt(hot / 2) + randomInt(seeds / hot));

let stack: ServerStack;
let owner: User;
let pool: Pool;
beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  pool = new Pool({ connectionString: stack.context.databaseUrl('authenticator'), max: 12 });
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool?.end();
  await stack?.stop();
});

/** One function, in a transaction of its own, as the owner: what REST does. */
async function call<Answer>(sql: string, values: readonly unknown[]): Promise<Answer> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const claims = JSON.stringify({ role: 'authenticated', sub: owner.id });
    await client.query(`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`, [
      claims,
    ]);
    const { rows } = await client.query(sql, [...values]);
    await client.query('commit');
    return rows[0];
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

interface Version {
  version: number;
  deleted: boolean;
  value: unknown;
}
interface Page {
  found: { documents: { key: string }[]; next: unknown };
}

/** Writes and keeps what the database has acknowledged. */
async function write(
  id: string,
  writer: number,
  acknowledged: Map<string, Version[]>,
  isOver: () => boolean,
): Promise<number> {
  let count = 0;
  for (; !isOver(); count += 1) {
    const key = hotKey(randomInt(hot));
    const value = { writer, count };
    try {
      const row =
        randomInt(5) === 0
          ? await call<Version>('select * from public.delete_document($1, $2)', [id, key])
          : await call<Version>('select * from public.put_document($1, $2, $3)', [id, key, JSON.stringify(value)]);
      const { version, deleted } = row;
      acknowledged.set(key, [...(acknowledged.get(key) ?? []), { version, deleted, value: row.value }]);
    } catch (error) {
      // There was nothing to delete.
      expect(error).toMatchObject({ message: 'not_found' });
    }
  }
  return count;
}

/** Reads and finds neither less than was there nor anything that is older than what was acknowledged. */
async function read(id: string, acknowledged: Map<string, Version[]>, isOver: () => boolean): Promise<number> {
  let count = 0;
  for (; !isOver(); count += 1) {
    const stable = stableKey();
    expect(await call('select * from public.get_document($1, $2)', [id, stable])).toMatchObject({ version: 1 });
    const key = hotKey(randomInt(hot));
    const least = Math.max(0, ...(acknowledged.get(key) ?? []).map(({ version }) => version));
    if (least > 0) {
      const newest = await call<Version>('select * from public.list_document_versions($1, $2, null, 1)', [id, key]);
      expect(newest.version).toBeGreaterThanOrEqual(least);
    }
    // A stretch between two hot keys of the seeds: nobody writes there.
    const from = seedKey((2 * seeds * randomInt(hot / 2)) / hot);
    const page = await call<Page>(
      `select public.list_documents($1, p_prefix => 's/', p_after => jsonb_build_object('key', $2::text), p_limit => 100) as found`,
      [id, from],
    );
    expect(page.found.documents).toHaveLength(100);
  }
  return count;
}

const job = async (id: string): Promise<{ kind: string; after_key: string } | undefined> =>
  (await stack.owner.query('select kind, after_key from private.collection_jobs where collection_id = $1', [id]))
    .rows[0];

describe('a collection that moves to a table of its own under load', () => {
  it('loses nothing and doubles nothing, though its driver is killed on the way', async () => {
    const made = await stack.call('POST', '/collections', {
      token: owner.token,
      body: { name: 'builds', keepVersions: 1_000 },
    });
    const { id } = made.body;
    await stack.owner.query(
      `insert into private.documents (collection_id, key, value, bytes)
       select $1, 's/' || lpad(n::text, 6, '0'), v, octet_length(v::text)
       from generate_series(0, $2::int - 1) n, lateral (select jsonb_build_object('n', n, 'text', repeat('x', 200)) v) v`,
      [id, seeds],
    );
    const acknowledged = new Map<string, Version[]>();
    for (let n = 0; n < hot; n += 2) {
      const [seed] = (
        await stack.owner.query('select version, value from private.documents where collection_id = $1 and key = $2', [
          id,
          hotKey(n),
        ])
      ).rows;
      acknowledged.set(hotKey(n), [{ version: 1, deleted: false, value: seed.value }]);
    }

    let over = false;
    const isOver = (): boolean => over;
    const writers = Array.from({ length: 8 }, (_, n) => write(id, n, acknowledged, isOver));
    const readers = Array.from({ length: 4 }, () => read(id, acknowledged, isOver));
    const working = Promise.all([...writers, ...readers]);
    // What fails meanwhile is seen when it is waited for.
    working.catch(() => undefined);
    try {
      const promoted = await stack.call('POST', '/collections/builds/promote', {
        token: owner.token,
        body: { indexes: [{ path: 'n', type: 'number' }] },
      });
      expect([promoted.status, promoted.body.storage]).toEqual([202, 'copying']);
      const killed: string[] = [];
      for (const kind of ['copy', 'copy', 'clear']) {
        const before = (await job(id))?.after_key ?? '';
        const found = await waitFor(
          async () => {
            const now = await job(id);
            return now?.kind === kind && (now.after_key > before || killed.at(-1) !== kind) ? now : false;
          },
          { timeoutMs: 30_000, what: `a step of ${kind}`, everyMs: 1 },
        );
        await stack.roles.get('api')?.kill();
        killed.push(found.kind);
        await stack.start('api');
      }
      await waitFor(async () => (await job(id)) === undefined, { timeoutMs: 30_000, what: 'the end of the move' });
    } finally {
      over = true;
    }
    const counts = await working;
    expect(Math.min(...counts)).toBeGreaterThan(10);

    const after = await stack.call('GET', '/collections/builds', { token: owner.token });
    expect(after.body).toMatchObject({ storage: 'dedicated', indexes: [{ path: 'n', type: 'number' }], version: 1 });
    const hex = String(id).replaceAll('-', '');
    const { rows: left } = await stack.owner.query(
      `select (select count(*) from private.documents where collection_id = $1)::int as documents,
        (select count(*) from private.document_versions where collection_id = $1)::int as versions,
        (select count(*) from private.documents_${hex} where key like 's/%')::int as seeds`,
      [id],
    );
    expect(left).toEqual([{ documents: 0, versions: 0, seeds }]);

    const { rows: untouched } = await stack.owner.query(
      `select count(*)::int as count from private.documents_${hex} where version = 1 and key like 's/%'
       and value = jsonb_build_object('n', substr(key, 3)::int, 'text', repeat('x', 200))`,
    );
    const unchangedHot = [...acknowledged].filter(
      ([key, versions]) => key.startsWith('s/') && versions.length === 1,
    ).length;
    expect(untouched).toEqual([{ count: seeds - hot / 2 + unchangedHot }]);

    // Every version that was acknowledged is there, once, with its value; and no other.
    const { rows: stored } = await stack.owner.query<Version & { key: string }>(
      `select key, version, value is null as deleted, value from private.documents_${hex} where key = any ($1)
       union all select key, version, value is null, value from private.document_versions_${hex} order by key, version`,
      [[...acknowledged.keys()]],
    );
    const byKey = (a: { key: string; version: number }, b: { key: string; version: number }): number =>
      a.key === b.key ? a.version - b.version : a.key < b.key ? -1 : 1;
    const expected = [...acknowledged]
      .flatMap(([key, versions]) => versions.map((each) => ({ key, ...each })))
      .sort(byKey);
    expect(stored).toEqual(expected);
    for (const [key, versions] of acknowledged) {
      const numbers = versions.map(({ version }) => version).sort((a, b) => a - b);
      expect([key, ...numbers]).toEqual([key, ...numbers.map((_, n) => n + 1)]);
    }
  }, 180_000);
});
