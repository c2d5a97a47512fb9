import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CollectionIndex,
  collectionStorages,
  collectionStorageTransitions,
  platformCollections,
} from '../../../contracts/document.ts';
import type { DocumentFilter } from '../../../contracts/document-filter.ts';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { advance, documentsOf, type Found, type Listing, newCollection, promote } from './document-store.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
let member: ReturnType<typeof documentsOf>;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
  member = documentsOf(database, world.member);
});
afterAll(() => database?.stop());

const indexes: CollectionIndex[] = [
  { path: 'status', type: 'text' },
  { path: 'build.number', type: 'number' },
];
const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;
const refusal = (message: string, state: number) => ({ code: `PT${state}`, message });
const keys = ({ documents }: Found): string[] => documents.map(({ key }) => key);

/** The very same tests on a collection among others and on one in a table of its own. */
describe.each(['shared', 'dedicated'] as const)('documents of a %s collection', (storage) => {
  async function collection(settings: Parameters<typeof newCollection>[2] = {}): Promise<string> {
    const id = await newCollection(database, world, settings);
    if (storage === 'dedicated') {
      await promote(database, world, id, indexes);
      await advance(database);
    }
    const [found] = await owned('select storage from public.collections where id = $1', [id]);
    expect(found).toEqual({ storage });
    return id;
  }

  it('are put, got, and deleted; every change is a version, and a deletion too', async () => {
    const id = await collection();
    expect(await member.put(id, 'a/b c', { n: 1 })).toMatchObject({
      key: 'a/b c',
      version: 1,
      deleted: false,
      value: { n: 1 },
      bytes: 8,
      updated_by: world.member,
    });
    expect(await member.put(id, 'a/b c', 'text')).toMatchObject({ version: 2, value: 'text' });
    expect(await member.get(id, 'a/b c')).toMatchObject({ version: 2, value: 'text' });
    expect(await member.get(id, 'a/b c', 1)).toMatchObject({ version: 1, value: { n: 1 } });
    expect(await member.remove(id, 'a/b c')).toMatchObject({ version: 3, deleted: true, value: null });
    await expect(member.get(id, 'a/b c')).rejects.toMatchObject(refusal('not_found', 404));
    await expect(member.remove(id, 'a/b c')).rejects.toMatchObject(refusal('not_found', 404));
    expect(await member.get(id, 'a/b c', 3)).toMatchObject({ deleted: true, value: null });
    expect(keys(await member.list(id))).toEqual([]);
    expect(await member.put(id, 'a/b c', [])).toMatchObject({ version: 4, value: [] });
    const versions = await member.versions(id, 'a/b c');
    expect(versions.map(({ version, deleted }) => [version, deleted])).toEqual([
      [4, false],
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect((await member.versions(id, 'a/b c', 3, 1)).map(({ version }) => version)).toEqual([2]);
    await expect(member.versions(id, 'never')).rejects.toMatchObject(refusal('not_found', 404));
    await expect(member.get(id, 'a/b c', 9)).rejects.toMatchObject(refusal('not_found', 404));
  });

  it('change only from the version that is expected, and are made only when there is none', async () => {
    const id = await collection();
    const put = (expected: number) => member.put(id, 'k', expected, expected);
    await expect(put(1)).rejects.toMatchObject({ ...refusal('version_conflict', 409), detail: /no such document/ });
    expect(await put(0)).toMatchObject({ version: 1 });
    await expect(put(0)).rejects.toMatchObject(refusal('document_exists', 409));
    expect(await put(1)).toMatchObject({ version: 2 });
    await expect(put(1)).rejects.toMatchObject({ message: 'version_conflict', detail: /version 1; .*version 2/ });
    await expect(member.remove(id, 'k', 1)).rejects.toMatchObject(refusal('version_conflict', 409));
    expect(await member.remove(id, 'k', 2)).toMatchObject({ version: 3 });
    await expect(put(3)).rejects.toMatchObject({ message: 'version_conflict', detail: /deleted, at version 3/ });
    await expect(put(-1)).rejects.toMatchObject(refusal('invalid_value', 422));
    expect(await put(0)).toMatchObject({ version: 4 });
  });

  it('have one winner a version among a hundred writers, and a history without a hole', async () => {
    const id = await collection({ keep_versions: 1_000 });
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => member.put(id, 'k', n, 0)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const read of [1, 2, 3]) {
      const next = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => member.put(id, 'k', { n }, read)));
      expect(next.flatMap((each) => (each.status === 'fulfilled' ? [each.value.version] : []))).toEqual([read + 1]);
      const refusals = next.flatMap((each) => (each.status === 'rejected' ? [each.reason.message] : []));
      expect(new Set(refusals)).toEqual(new Set(['version_conflict']));
    }
    const unconditional = await Promise.all(Array.from({ length: 100 }, (_, n) => member.put(id, 'k', n)));
    expect(unconditional.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 5),
    );
    const versions = await member.versions(id, 'k', null, 200);
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 104 }, (_, n) => 104 - n));
  });

  it('keep so many versions as the collection says, and no value that is too large', async () => {
    const id = await collection({ keep_versions: 2, max_document_bytes: 1_024 });
    for (let n = 1; n <= 5; n += 1) await member.put(id, 'k', n);
    expect((await member.versions(id, 'k')).map(({ version }) => version)).toEqual([5, 4, 3]);
    await expect(member.put(id, 'k', 'x'.repeat(1_023))).rejects.toMatchObject(refusal('document_too_large', 413));
    expect(await member.put(id, 'k', 'x'.repeat(1_022))).toMatchObject({ version: 6, bytes: 1_024 });
    await owned('update public.collections set keep_versions = 0 where id = $1', [id]);
    await member.put(id, 'k', 7);
    expect((await member.versions(id, 'k')).map(({ version }) => version)).toEqual([7]);
    await expect(member.put(id, 'k', null)).rejects.toMatchObject(refusal('document_empty', 422));
    for (const bad of ['', '.', '..', 'a\nb', 'x'.repeat(513)]) {
      await expect(member.put(id, bad, 1)).rejects.toMatchObject(refusal('document_key_invalid', 422));
    }
    expect(await member.put(id, '\u{1F600}'.repeat(512), 1)).toMatchObject({ version: 1 });
  });

  it('are found by what they contain and by comparisons, of one type and all together', async () => {
    const id = await collection();
    const values: Record<string, unknown> = {
      a: { status: 'failed', build: { number: 7 }, tags: ['x', 'y'], ok: true },
      b: { status: 'ok', build: { number: 10.5 }, tags: ['y'], ok: false },
      c: { status: 'ok', build: { number: '7' }, ok: null },
      d: { status: 7, build: [{ number: 7 }], long: `${'l'.repeat(2_000)}1` },
      e: { long: `${'l'.repeat(2_000)}2` },
      f: ['status', 'ok'],
    };
    for (const [key, value] of Object.entries(values)) await member.put(id, key, value);
    const find = async (...where: [string, string, unknown][]): Promise<string> =>
      keys(
        await member.list(id, {
          where: where.map(([path, op, value]) => ({ path, op, value })) as unknown as readonly DocumentFilter[],
        }),
      ).join('');
    expect(await find(['status', '=', 'failed'])).toBe('a');
    expect(await find(['status', '=', 'ok'])).toBe('bc');
    expect(await find(['status', '=', 7])).toBe('d');
    expect(await find(['status', '!=', 'ok'])).toBe('adef');
    expect(await find(['build.number', '=', 7])).toBe('a');
    expect(await find(['build.number', '=', '7'])).toBe('c');
    expect(await find(['build.number', '>', 7])).toBe('b');
    expect(await find(['build.number', '>=', 7])).toBe('ab');
    expect(await find(['build.number', '<', 10.5])).toBe('a');
    expect(await find(['build.number', '<=', 10.5])).toBe('ab');
    expect(await find(['status', '>', 'failed'])).toBe('bc');
    expect(await find(['status', '<', 'ok'])).toBe('a');
    expect(await find(['status', '=', 'ok'], ['build.number', '>', 1])).toBe('b');
    expect(await find(['ok', '=', true])).toBe('a');
    expect(await find(['ok', '=', null])).toBe('c');
    expect(await find(['ok', '!=', true])).toBe('bcdef');
    expect(await find(['long', '>', `${'l'.repeat(2_000)}1`])).toBe('e');
    expect(await find(['long', '>=', `${'l'.repeat(2_000)}1`])).toBe('de');
    expect(await find(['long', '<', `${'l'.repeat(2_000)}2`])).toBe('d');
    expect(await find(['tags', '=', 'y'])).toBe('');
    const contains = async (value: unknown): Promise<string> =>
      keys(await member.list(id, { contains: value })).join('');
    expect(await contains({ tags: ['y'] })).toBe('ab');
    expect(await contains({ build: { number: 7 }, status: 'failed' })).toBe('a');
    expect(await contains(['ok'])).toBe('f');
    expect(await contains({})).toBe('abcde');
    const refused = async (where: unknown): Promise<void> => {
      const filters = where as readonly DocumentFilter[];
      await expect(member.list(id, { where: filters })).rejects.toMatchObject(refusal('filter_invalid', 422));
    };
    await refused([{ path: "a' or true --", op: '=', value: 1 }]);
    await refused([{ path: 'a.1', op: '=', value: 1 }]);
    await refused([{ path: 'a', op: 'or', value: 1 }]);
    await refused([{ path: 'a', op: '>', value: true }]);
    await refused([{ path: 'a', op: '=', value: { b: 1 } }]);
    await refused([{ path: 'a', op: '=' }]);
    await refused([7]);
    await refused({ path: 'a' });
    await expect(member.list(id, { contains: 'ok' })).rejects.toMatchObject(refusal('filter_invalid', 422));
    expect(await find(['status', '=', "ok' or true --"])).toBe('');
  });

  it('are paged by key and by the last change, with a prefix; what is deleted is in no page', async () => {
    const id = await collection();
    for (let n = 0; n < 25; n += 1) await member.put(id, `p/${String(n).padStart(2, '0')}`, { n });
    await member.put(id, 'p', 0);
    await member.put(id, 'P/1', 0);
    await member.put(id, 'q_', 0);
    await member.put(id, 'p/03', { n: 33 });
    await member.remove(id, 'p/04');
    const pages = async (listing: Listing): Promise<string[]> => {
      const all: string[] = [];
      for (let after: Found['next'] = null, first = true; first || after !== null; first = false) {
        const page: Found = await member.list(id, { ...listing, after, limit: 7 });
        expect(page.documents.length).toBeLessThanOrEqual(7);
        all.push(...keys(page));
        after = page.next;
      }
      return all;
    };
    const numbers = Array.from({ length: 25 }, (_, n) => `p/${String(n).padStart(2, '0')}`).filter(
      (key) => key !== 'p/04',
    );
    expect(await pages({})).toEqual(['P/1', 'p', ...numbers, 'q_']);
    expect(await pages({ prefix: 'p/' })).toEqual(numbers);
    expect(await pages({ prefix: 'p/1' })).toEqual(numbers.filter((key) => key.startsWith('p/1')));
    expect(await pages({ prefix: '_' })).toEqual([]);
    expect(await pages({ order: 'updated' })).toEqual([
      'p/03',
      'q_',
      'P/1',
      'p',
      ...numbers.filter((key) => key !== 'p/03').reverse(),
    ]);
    expect(await pages({ where: [{ path: 'n', op: '>=', value: 20 }] })).toEqual(['p/03', ...numbers.slice(-5)]);
    const [first] = (await member.list(id, { limit: 1, values: false })).documents;
    expect(first).toMatchObject({ key: 'P/1', bytes: 1 });
    expect(first).not.toHaveProperty('value');
    await expect(member.list(id, { limit: 201 })).rejects.toMatchObject(refusal('invalid_value', 422));
    await expect(member.list(id, { order: 'value' })).rejects.toMatchObject(refusal('invalid_value', 422));
  });

  it('end a page early when their values are many bytes, and none is lost', async () => {
    const id = await collection({ max_document_bytes: 1_048_576 });
    for (let n = 0; n < 7; n += 1) await member.put(id, `k${n}`, 'x'.repeat(1_000_000));
    const first = await member.list(id, {});
    expect(keys(first)).toEqual(['k0', 'k1', 'k2', 'k3']);
    expect(keys(await member.list(id, { after: first.next }))).toEqual(['k4', 'k5', 'k6']);
    expect(keys(await member.list(id, { values: false }))).toHaveLength(7);
  });

  it('are read by viewers, written by members, and not there for anybody else', async () => {
    const id = await collection();
    await member.put(id, 'k', 1);
    const viewer = documentsOf(database, world.viewer);
    const outsider = documentsOf(database, world.outsider);
    expect(await viewer.get(id, 'k')).toMatchObject({ version: 1 });
    await expect(viewer.put(id, 'k', 2)).rejects.toMatchObject(refusal('forbidden', 403));
    await expect(viewer.remove(id, 'k')).rejects.toMatchObject(refusal('forbidden', 403));
    const attempts = [
      () => outsider.get(id, 'k'),
      () => outsider.put(id, 'k', 2),
      () => outsider.remove(id, 'k'),
      () => outsider.list(id),
      () => outsider.versions(id, 'k'),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(refusal('not_found', 404));
    const [{ tables }] = await owned(
      `select array_agg(c.oid::regclass::text) as tables from pg_class c
       where c.relnamespace = 'private'::regnamespace and c.relkind = 'r' and c.relname like 'document%'`,
    );
    expect(tables.length).toBeGreaterThan(1);
    for (const table of tables) {
      const read = database.as(asUser(world.owner), (client) => client.query(`select * from ${table}`));
      await expect(read).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('are in the audit log by key and version, without what is in them', async () => {
    const id = await collection();
    await member.put(id, 'k', { password: 'no' });
    await member.remove(id, 'k');
    const lines = await owned(
      `select detail, actor_user_id from public.audit_log where subject_id = $1 and detail ? 'document' order by id`,
      [id],
    );
    expect(lines).toEqual([
      { detail: { document: 'k', version: 1, change: 'put' }, actor_user_id: world.member },
      { detail: { document: 'k', version: 2, change: 'delete' }, actor_user_id: world.member },
    ]);
  });

  it('go with their collection: at once for everybody, then from the disk', async () => {
    const id = await collection();
    for (let n = 0; n < 3; n += 1) await member.put(id, 'k', n);
    await database.as(asUser(world.admin), (client) =>
      client.query('delete from public.collections where id = $1', [id]),
    );
    await expect(member.get(id, 'k')).rejects.toMatchObject(refusal('not_found', 404));
    await expect(member.put(id, 'k', 1)).rejects.toMatchObject(refusal('not_found', 404));
    await advance(database);
    const [left] = await owned(
      `select (select count(*) from private.documents where collection_id = $1)::int as documents,
        (select count(*) from private.document_versions where collection_id = $1)::int as versions,
        (select count(*) from pg_class where relname like '%' || replace($1::text, '-', '') || '%')::int as tables,
        (select count(*) from private.collection_jobs)::int as jobs`,
      [id],
    );
    expect(left).toEqual({ documents: 0, versions: 0, tables: 0, jobs: 0 });
  });
});

describe('the collections of the platform', () => {
  it('are in every account, written by the platform alone, and read by people', async () => {
    const names = await owned('select name from public.collections where account_id = $1 and managed order by 1', [
      world.otherAccount,
    ]);
    expect(names.map(({ name }) => name)).toEqual([...platformCollections].sort());
    const put = async (key: string, value: unknown, expected: number | null = null) =>
      (
        await owned('select * from private.put_document($1, $2, $3, $4, $5)', [
          world.account,
          'changelogs',
          key,
          JSON.stringify(value),
          expected,
        ])
      )[0];
    expect(await put('r1', { text: 'new' }, 0)).toMatchObject({ version: 1, updated_by: null });
    await expect(put('r1', {}, 0)).rejects.toMatchObject(refusal('document_exists', 409));
    const [{ id }] = await owned(`select id from public.collections where account_id = $1 and name = 'changelogs'`, [
      world.account,
    ]);
    expect(await documentsOf(database, world.viewer).get(id, 'r1')).toMatchObject({ value: { text: 'new' } });
    const owner = documentsOf(database, world.owner);
    await expect(owner.put(id, 'r1', 1)).rejects.toMatchObject(refusal('collection_managed', 403));
    await expect(owner.remove(id, 'r1')).rejects.toMatchObject(refusal('collection_managed', 403));
    for (const sql of [
      'delete from public.collections where id = $1',
      'update public.collections set keep_versions = 0 where id = $1',
    ]) {
      expect((await database.as(asUser(world.owner), (client) => client.query(sql, [id]))).rowCount).toBe(0);
    }
    const forged = database.as(asUser(world.owner), (client) =>
      client.query(`insert into public.collections (account_id, name, managed) values ($1, 'mine', true)`, [
        world.account,
      ]),
    );
    await expect(forged).rejects.toMatchObject({ code: '42501' });
    const byService = await database.as(asService, (client) =>
      client.query('select public.put_document($1, $2, $3)', [id, 'r2', '{"a": 1}']),
    );
    expect(byService.rowCount).toBe(1);
    const read = async (sql: string) => owned(sql, [world.account]);
    expect(await read(`select (d).value from private.get_document($1, 'changelogs', 'r2') d`)).toEqual([
      { value: { a: 1 } },
    ]);
    expect(await read(`select (private.get_document($1, 'changelogs', 'r9')).key`)).toEqual([{ key: null }]);
    expect(await read(`select key from private.list_documents($1, 'changelogs', 'r')`)).toEqual([
      { key: 'r1' },
      { key: 'r2' },
    ]);
    expect(await read(`select version, deleted from private.delete_document($1, 'changelogs', 'r2')`)).toEqual([
      { version: 2, deleted: true },
    ]);
    await expect(read(`select private.put_document($1, 'nothing', 'k', '1')`)).rejects.toMatchObject(
      refusal('not_found', 404),
    );
  });

  it('are made again where they are missing, when the platform writes', async () => {
    await owned(`delete from public.collections where account_id = $1 and name = 'build-manifests'`, [
      world.otherAccount,
    ]);
    await advance(database);
    const sql = `select version from private.put_document($1, 'build-manifests', 'b1', '{}')`;
    expect(await owned(sql, [world.otherAccount])).toEqual([{ version: 1 }]);
  });
});

describe('the storage of a collection', () => {
  it('moves as the state table says, by nobody but the platform', async () => {
    const found = await owned(
      `select a::text as from, b::text as to from unnest(enum_range(null::public.collection_storage)) a,
       unnest(enum_range(null::public.collection_storage)) b where private.collection_storage_may_move(a, b)`,
    );
    expect(found.map(({ from, to }) => `${from} → ${to}`).sort()).toEqual(
      collectionStorages.flatMap((from) => collectionStorageTransitions[from].map((to) => `${from} → ${to}`)).sort(),
    );
    const id = await newCollection(database, world);
    const set = `update public.collections set storage = 'dedicated' where id = '${id}'`;
    await expect(owned(set)).rejects.toMatchObject(refusal('illegal_move', 409));
    for (const who of [asUser(world.owner), asService]) {
      await expect(database.as(who, (client) => client.query(set))).rejects.toMatchObject({ code: '42501' });
    }
    await expect(
      database.as(asUser(world.owner), (client) => client.query('select public.advance_collections()')),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('is asked for by an admin, once; asked again the same it is the same answer', async () => {
    const id = await newCollection(database, world);
    const ask = (user: string, wanted: unknown = indexes) => promote(database, { ...world, admin: user }, id, wanted);
    await expect(ask(world.member)).rejects.toMatchObject(refusal('forbidden', 403));
    await expect(ask(world.outsider)).rejects.toMatchObject(refusal('not_found', 404));
    for (const bad of [{}, [{ path: 'a; drop table x', type: 'text' }], [{ path: 'a', type: 'jsonb' }], [1]]) {
      await expect(ask(world.admin, bad)).rejects.toMatchObject(refusal('index_invalid', 422));
    }
    const [first] = (await ask(world.admin)).rows;
    expect(first).toMatchObject({ storage: 'copying', indexes, version: 1 });
    expect((await ask(world.admin)).rows[0]).toMatchObject({ storage: 'copying' });
    await expect(ask(world.admin, [])).rejects.toMatchObject(refusal('collection_promoted', 409));
    await advance(database);
    expect((await ask(world.admin)).rows[0]).toMatchObject({ storage: 'dedicated', indexes, version: 1 });
  });

  it('may end in the middle of a move, when the collection is deleted', async () => {
    const id = await newCollection(database, world);
    for (let n = 0; n < 3; n += 1) await member.put(id, `k${n}`, n);
    await promote(database, world, id);
    await advance(database, 1);
    await owned('delete from public.collections where id = $1', [id]);
    await advance(database);
    const sql = `select relname as name from pg_class where relname like $1 union all
      select key from private.documents where collection_id = $2 union all select kind from private.collection_jobs`;
    expect(await owned(sql, [`%${id.replaceAll('-', '')}%`, id])).toEqual([]);
  });

  it('holds the lints of the schema with dedicated tables in it: RLS, no grants, names of ids alone', async () => {
    const id = await newCollection(database, world);
    await promote(database, world, id, indexes);
    await advance(database);
    const tables = await owned(
      `select c.relname, c.relrowsecurity, c.relacl::text, c.relowner::regrole::text as owner from pg_class c
       where c.relnamespace = 'private'::regnamespace and c.relkind = 'r' and c.relname like $1 order by 1`,
      [`%${id.replaceAll('-', '')}`],
    );
    const hex = id.replaceAll('-', '');
    const safe = { relrowsecurity: true, relacl: null, owner: 'postgres' };
    expect(tables).toEqual([
      { relname: `document_versions_${hex}`, ...safe },
      { relname: `documents_${hex}`, ...safe },
    ]);
  });
});
