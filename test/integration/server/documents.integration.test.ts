import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../../client/api/client.ts';
import { collectionSchema, documentSchema } from '../../../contracts/document.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let viewer: User;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  owner = await stack.user('owner');
  viewer = await stack.user('viewer');
  const made = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  const row = { account_id: made.body.id, user_id: viewer.id, role: 'viewer' };
  const { error } = await stack.as(owner.token).from('accounts_memberships').insert(row);
  if (error !== null) throw error;
});
afterAll(() => stack?.stop());

const newName = (): string => `c-${randomBytes(6).toString('hex')}`;
const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, by = owner) =>
  stack.call(method, `/collections${path}`, { token: by.token, headers, ...(body === undefined ? {} : { body }) });
const isDedicated = (name: string) =>
  waitFor(async () => (await call('GET', `/${name}`)).body.storage === 'dedicated', {
    timeoutMs: 20_000,
    what: 'the end of the move',
  });

describe('collections in the API', () => {
  it('are made once for a key, listed, changed under the version that was read, and deleted', async () => {
    const name = newName();
    const key = { 'idempotency-key': name };
    const made = await call('POST', '', { name, keepVersions: 5 }, key);
    expect([made.status, made.body]).toMatchObject([201, { name, keepVersions: 5, maxDocumentBytes: 262_144 }]);
    expect(collectionSchema.parse(made.body)).toMatchObject({ storage: 'shared', indexes: [], managed: false });
    expect((await call('POST', '', { name, keepVersions: 5 }, key)).headers.get('idempotency-replayed')).toBe('true');
    expect((await call('POST', '', { name })).body.code).toBe('already_exists');
    const listed = (await call('GET', '', undefined, {}, viewer)).body.items.map((each: { name: string }) => each.name);
    expect(listed).toEqual(expect.arrayContaining([name, 'build-manifests', 'changelogs', 'configuration-snapshots']));
    expect((await call('PATCH', `/${name}`, { keepVersions: 3 })).status).toBe(428);
    const changed = await call('PATCH', `/${name}`, { keepVersions: 3 }, { 'if-match': '"1"' });
    expect([changed.status, changed.body.keepVersions, changed.headers.get('etag')]).toEqual([200, 3, '"2"']);
    const stale = await call('PATCH', `/${name}`, { keepVersions: 4 }, { 'if-match': '"1"' });
    expect([stale.status, stale.body.code]).toEqual([409, 'version_conflict']);
    const tooMuch = await call('PATCH', `/${name}`, { maxDocumentBytes: 1_048_577 }, { 'if-match': '*' });
    expect([tooMuch.status, tooMuch.body.errors[0].path]).toEqual([422, 'maxDocumentBytes']);
    expect((await call('DELETE', `/${name}`, undefined, {}, viewer)).body.code).toBe('forbidden');
    expect((await call('DELETE', `/${name}`)).status).toBe(204);
    const gone = await call('GET', `/${name}`);
    expect([gone.status, gone.body.suggestion]).toEqual([404, 'List the collections: sfp collection list']);
  });

  it('of the platform people leave alone', async () => {
    for (const [method, path, body] of [
      ['PATCH', '/changelogs', { keepVersions: 1 }],
      ['DELETE', '/changelogs', undefined],
      ['PUT', '/changelogs/documents/k', { a: 1 }],
    ] as const) {
      const refused = await call(method, path, body, { ...(method === 'PATCH' ? { 'if-match': '*' } : {}) });
      expect([method, refused.status, refused.body.code]).toEqual([method, 403, 'collection_managed']);
    }
    const reserved = await call('POST', '', { name: 'changelogs' });
    expect([reserved.status, reserved.body.code]).toEqual([409, 'already_exists']);
  });
});

describe.each(['shared', 'dedicated'] as const)('documents of a %s collection in the API', (storage) => {
  async function collection(settings: Record<string, unknown> = {}): Promise<string> {
    const name = newName();
    await call('POST', '', { name, ...settings });
    if (storage === 'dedicated') {
      const asked = await call('POST', `/${name}/promote`, { indexes: [{ path: 'status', type: 'text' }] });
      expect(asked.status).toBe(202);
      await isDedicated(name);
    }
    return name;
  }

  it('are put, got, changed from the version that was read, and deleted, under any key', async () => {
    const name = await collection();
    for (const key of ['plain', 'a/b/../c', 'ä %2F?#&+ 世', '...', '~']) {
      const path = `/${name}/documents/${encodeURIComponent(key)}`;
      const made = await call('PUT', path, { n: 1 }, { 'if-none-match': '*' });
      expect([made.status, made.body.key, made.body.version, made.headers.get('etag')]).toEqual([200, key, 1, '"1"']);
      expect(made.body).not.toHaveProperty('value');
      const twice = await call('PUT', path, { n: 1 }, { 'if-none-match': '*' });
      expect([twice.status, twice.body.code]).toEqual([409, 'document_exists']);
      expect((await call('PUT', path, { n: 2 }, { 'if-match': '"1"' })).headers.get('etag')).toBe('"2"');
      const stale = await call('PUT', path, { n: 3 }, { 'if-match': '"1"' });
      expect([stale.status, stale.body.code, stale.headers.get('etag')]).toEqual([409, 'version_conflict', '"2"']);
      expect(stale.body.detail).toMatch(/version 1; it is now at version 2/);
      expect(JSON.stringify(stale.body)).toContain('{"n":2}');
      const got = await call('GET', path, undefined, {}, viewer);
      expect(documentSchema.parse(got.body)).toMatchObject({ key, version: 2, value: { n: 2 }, updatedBy: owner.id });
      expect((await call('GET', `${path}?version=1`)).body.value).toEqual({ n: 1 });
      expect((await call('DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(409);
      expect((await call('DELETE', path, undefined, { 'if-match': '"2"' })).body).toMatchObject({
        version: 3,
        deleted: true,
      });
      const gone = await call('GET', path);
      expect([gone.status, gone.body.suggestion]).toEqual([404, expect.stringContaining('sfp document history')]);
      const versions = (await call('GET', `${path}/versions?limit=2`)).body;
      expect(versions.items.map((each: { version: number }) => each.version)).toEqual([3, 2]);
      const rest = (await call('GET', `${path}/versions?cursor=${versions.nextCursor}`)).body;
      expect([rest.items.length, rest.nextCursor]).toEqual([1, null]);
    }
  });

  it('are refused with the field that is wrong', async () => {
    const name = await collection({ maxDocumentBytes: 1_048_576 });
    const put = (value: unknown, headers = {}) => call('PUT', `/${name}/documents/k`, value, headers);
    expect((await put('"the text of a mebibyte"')).status).toBe(200);
    expect((await put(`"${'x'.repeat(1_048_574)}"`)).body).toMatchObject({ bytes: 1_048_576 });
    const large = await put(`"${'x'.repeat(1_048_575)}"`);
    expect([large.status, large.body.code]).toEqual([413, 'document_too_large']);
    for (const bad of ['null', '"a\\u0000b"', '["\\ud800"]', '['.repeat(5_000) + ']'.repeat(5_000)]) {
      const refused = await put(bad);
      expect([bad.slice(0, 20), refused.status, refused.body.code]).toEqual([bad.slice(0, 20), 422, 'request_invalid']);
      expect(refused.body.errors).toHaveLength(1);
    }
    expect((await put('{"a": "\\\\u0000"}')).status).toBe(200);
    expect((await put('{')).status).toBe(400);
    expect((await put('1', { 'if-none-match': '"1"' })).body.code).toBe('if_none_match_invalid');
    expect((await put('1', { 'if-match': 'one' })).body.code).toBe('if_match_invalid');
    const list = async (query: string) => (await call('GET', `/${name}/documents${query}`)).body;
    for (const [query, path] of [
      ['?where=status', 'where.0'],
      [`?where=${encodeURIComponent("a' or 1=1")}`, 'where.0'],
      ['?where=a%3Etrue', 'where.0'],
      ['?contains=1', 'contains'],
      ['?contains={', 'contains'],
      ['?limit=0', 'limit'],
      ['?order=value', 'order'],
    ] as const) {
      expect([query, (await list(query)).errors[0].path]).toEqual([query, path]);
    }
    expect((await list('?cursor=abc')).code).toBe('cursor_invalid');
  });

  it('are listed a page after the other, with filters, by the SDK as by REST', async () => {
    const name = await collection();
    const api = createApiClient({
      url: stack.url,
      credentials: {
        bearer: async () => owner.token,
        accessToken: async () => owner.token,
        renew: async () => false,
      },
    });
    for (let n = 0; n < 12; n += 1) {
      await api.documents.put(name, `run/${String(n).padStart(2, '0')}`, {
        status: n % 3 === 0 ? 'failed' : 'ok',
        size: n,
      });
    }
    const first = await api.documents.list(name, { where: ['status=failed', 'size>0'], limit: 2 });
    expect(first.items.map(({ key, value }) => [key, value])).toEqual([
      ['run/03', { status: 'failed', size: 3 }],
      ['run/06', { status: 'failed', size: 6 }],
    ]);
    const second = await api.documents.list(name, {
      where: ['status=failed', 'size>0'],
      cursor: first.nextCursor ?? '',
    });
    expect(second.items.map(({ key }) => key)).toEqual(['run/09']);
    expect(second.nextCursor).toBeNull();
    const newest = await api.documents.list(name, { order: 'updated', limit: 1, values: false });
    expect(newest.items).toMatchObject([{ key: 'run/11' }]);
    expect(newest.items[0]).not.toHaveProperty('value');
    expect((await api.documents.list(name, { contains: { size: 7 } })).items).toHaveLength(1);
    await expect(api.documents.put(name, 'run/00', 1, { version: 0 })).rejects.toMatchObject({
      code: 'document_exists',
    });
    await expect(api.documents.remove(name, 'run/00', { version: 7 })).rejects.toMatchObject({ status: 409 });

    const { id } = await api.collections.get(name);
    const rest = stack.as(viewer.token);
    const { data } = await rest.rpc('list_documents', { p_collection_id: id, p_prefix: 'run/1', p_values: false });
    expect(data).toMatchObject({ documents: [{ key: 'run/10' }, { key: 'run/11' }], next: null });
    const { error } = await rest.rpc('put_document', { p_collection_id: id, p_key: 'k', p_value: 1 });
    expect(error).toMatchObject({ message: 'forbidden' });
  });
});

describe('sfp collection, sfp document', () => {
  const cli = new StackCli();
  afterAll(() => cli.close());

  it('keep a document, find it, show its versions, and move the collection', async () => {
    const login = ['login', stack.url, '--name', 'boss', '--email', owner.email, '--password-stdin'];
    expect((await cli.run(login, { input: owner.password })).exitCode).toBe(0);
    const name = newName();
    const sfp = (args: readonly string[], input?: string) => cli.run(args, input === undefined ? {} : { input });
    const made = await sfp(['collection', 'create', name, '--keep-versions', '5', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({ name, keepVersions: 5 });
    const put = await sfp(['document', 'put', name, 'site/1', '--if-absent'], '{"status": "failed", "size": 12}');
    expect([put.exitCode, put.stdout]).toEqual([0, expect.stringContaining('site/1  version 1')]);
    const path = join(cli.home, 'value.json');
    writeFileSync(path, '{"status": "ok", "size": 3}');
    expect((await sfp(['document', 'put', name, 'site/2', '--file', path])).exitCode).toBe(0);
    expect((await sfp(['document', 'put', name, 'site/2', '--file', path, '--if-version', '1'])).stdout).toContain(
      'version 2',
    );
    const stale = await sfp(['document', 'put', name, 'site/2', '--file', path, '--if-version', '1']);
    expect([stale.exitCode, stale.stderr]).toEqual([
      1,
      expect.stringMatching(/version_conflict[\s\S]*now at version 2/),
    ]);
    const bad = await sfp(['document', 'put', name, 'site/2'], 'no json');
    expect([bad.exitCode, bad.stderr]).toEqual([1, expect.stringContaining('document_not_json')]);

    for (const moved of [false, true]) {
      if (moved) {
        const promoted = await sfp(['collection', 'promote', name, '--index', 'status', '--index', 'size:number']);
        expect([promoted.exitCode, promoted.stdout]).toEqual([0, expect.stringContaining('dedicated')]);
        expect((await sfp(['collection', 'get', name])).stdout).toMatch(/indexes +status:text, size:number/);
      }
      const found = await sfp(['document', 'list', name, '--where', 'status=failed', '--where', 'size>10', '--json']);
      expect(JSON.parse(found.stdout).map((each: { key: string }) => each.key)).toEqual(['site/1']);
      expect((await sfp(['document', 'list', name, '--prefix', 'site/', '--values'])).stdout).toContain('"ok"');
      expect(JSON.parse((await sfp(['document', 'get', name, 'site/2'])).stdout)).toEqual({ status: 'ok', size: 3 });
      const old = await sfp(['document', 'get', name, 'site/2', '--version', '1', '--json']);
      expect(JSON.parse(old.stdout)).toMatchObject({ version: 1, value: { size: 3 } });
      expect((await sfp(['document', 'history', name, 'site/2'])).stdout).toMatch(/2 +put[\s\S]*1 +put/);
    }
    const wrong = await sfp(['document', 'list', name, '--where', 'status']);
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('--where status=failed')]);
    expect((await sfp(['collection', 'promote', name, '--index', 'a b'])).exitCode).toBe(2);
    expect((await sfp(['document', 'delete', name, 'site/2'])).stdout).toContain('deleted, at version 3');
    expect((await sfp(['document', 'get', name, 'site/2'])).stderr).toContain('sfp document history');
    expect((await sfp(['collection', 'update', name, '--max-bytes', '2048'])).stdout).toContain('version 2');
    expect((await sfp(['collection', 'list'])).stdout).toMatch(new RegExp(`${name} +dedicated +members`));
    expect((await sfp(['collection', 'delete', name, '--yes'])).stdout).toContain('deleted');
    expect((await sfp(['collection', 'get', name])).stderr).toContain('sfp collection list');
  });
});
