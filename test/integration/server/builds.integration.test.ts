import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactStore, type Content } from '../../../artifacts/store.ts';
import { collectArtifacts } from '../../../server/services/artifact-collector.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let store: ArtifactStore;
let member: User;
let account: string;
let project: string;
beforeAll(async () => {
  stack = await startServerStack(['api']);
  store = await ArtifactStore.open(stack.context.layout.artifactsDir);
  member = await stack.user('builder');
  const made = await stack.call('POST', '/accounts', { token: member.token, body: { slug: 'acme', name: 'Acme' } });
  account = made.body.id;
  const site = { accountId: account, slug: 'site', repositoryUrl: '/site' };
  project = (await stack.call('POST', '/projects', { token: member.token, body: site })).body.id;
});
afterAll(() => stack?.stop());

const ask = (method: string, path: string, body?: unknown) =>
  stack.call(method, path, { token: member.token, ...(body === undefined ? {} : { body }) });
const rpc = async (name: string, parameters: Record<string, unknown>) => {
  const { data, error } = await stack.service.rpc(name, parameters);
  if (error !== null) throw error;
  return data;
};
async function stored(bytes: Buffer): Promise<Content> {
  const content = { digest: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
  await store.put(bytes, content);
  return content;
}
/** What a worker does with a build task. */
async function built(files: Record<string, Buffer>): Promise<{ id: string; number: number }> {
  const { body } = await ask('POST', '/builds', { project: 'site', ref: 'feature/one' });
  const of = { p_task_id: body.taskId, p_attempt: 1 };
  await rpc('start_task', { p_task_id: body.taskId, p_run_id: randomUUID(), p_worker: 'w', p_lease_seconds: 60 });
  const artifacts = [];
  for (const [path, bytes] of Object.entries(files))
    artifacts.push({ kind: 'file', path, executable: false, ...(await stored(bytes)) });
  await rpc('reserve_artifacts', { ...of, p_artifacts: artifacts });
  const record = { commitSha: 'c0ffee11', complete: true, metadata: {}, artifacts };
  await rpc('record_build', { ...of, p_build: record });
  await rpc('finish_task', { ...of, p_status: 'succeeded', p_failure: null, p_events: [], p_patch: {} });
  return { id: body.id, number: body.number };
}
const collect = (graceSeconds: number) =>
  collectArtifacts({
    db: stack.service,
    directory: store.directory,
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    graceSeconds,
  });

describe('builds through the API', () => {
  it('are asked for, found by id, number, ref, commit and text, and cancelled', async () => {
    const asked = await ask('POST', '/builds', { project: 'site' });
    expect(asked).toMatchObject({ status: 201, body: { status: 'queued', ref: 'main', projectId: project } });
    const { id, number } = asked.body;
    expect((await ask('GET', `/builds/${number}?project=site`)).body.id).toBe(id);
    expect(await ask('GET', `/builds/${number}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'project' }] },
    });
    expect((await ask('GET', `/builds/${randomUUID()}`)).status).toBe(404);
    expect((await ask('GET', '/builds/nonsense')).status).toBe(422);
    const made = await built({ 'a.txt': Buffer.from('a') });
    for (const filter of ['ref=feature/one', 'commit=c0ff', 'text=TURE/', 'status=succeeded&project=site']) {
      const { body } = await ask('GET', `/builds?${filter}`);
      expect(body.items.map((item: { id: string }) => item.id)).toEqual([made.id]);
    }
    expect((await ask('GET', '/builds?text=%25')).body.items).toEqual([]);
    expect((await ask('POST', `/builds/${id}/cancel`)).body.status).toBe('cancelled');
    expect(await ask('POST', `/builds/${made.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'task_finished' },
    });
  });

  it('give what they keep, and nothing that is damaged', async () => {
    const large = randomBytes(3_000_000);
    const made = await built({ 'dist/large.bin': large, 'small.txt': Buffer.from('small'), empty: Buffer.alloc(0) });
    const { body } = await ask('GET', `/builds/${made.id}/artifacts`);
    expect(body.items.map(({ path }: { path: string }) => path)).toEqual(['dist/large.bin', 'empty', 'small.txt']);
    const get = (path: string) =>
      fetch(`${stack.url}/api/v1/builds/${made.id}/artifacts/${encodeURIComponent(path)}`, {
        headers: { authorization: `Bearer ${member.token}` },
      });
    const answer = await get('dist/large.bin');
    expect(answer.headers.get('content-length')).toBe('3000000');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(large);
    expect(await (await get('empty')).text()).toBe('');
    expect((await get('dist')).status).toBe(404);

    const damaged = Buffer.from(large);
    damaged.writeUInt8(damaged.readUInt8(2_999_999) ^ 1, 2_999_999);
    writeFileSync(store.pathOf(body.items[0].digest), damaged);
    await expect(get('dist/large.bin').then((broken) => broken.arrayBuffer())).rejects.toThrow();
    writeFileSync(store.pathOf(body.items[2].digest), 'smalL');
    const small = await get('small.txt');
    expect(small.status).toBe(500);
    expect(await small.json()).toMatchObject({
      code: 'artifact_damaged',
      detail: expect.stringContaining(body.items[2].digest),
    });
  });
});

describe('a build of as many files as it may keep', () => {
  it('is recorded, listed and described', async () => {
    const { body } = await ask('POST', '/builds', { project: 'site' });
    const of = { p_task_id: body.taskId, p_attempt: 1 };
    await rpc('start_task', { p_task_id: body.taskId, p_run_id: 'r', p_worker: 'w', p_lease_seconds: 60 });
    const artifacts = Array.from({ length: 20_000 }, (_, index) => ({
      ...{ kind: 'file', path: `dist/some/deeper/directory/of/the/site/file-${index}.js`, executable: false },
      ...{ digest: randomBytes(32).toString('hex'), sizeBytes: 10 },
    }));
    expect(await rpc('reserve_artifacts', { ...of, p_artifacts: artifacts })).toEqual([]);
    const record = { commitSha: 'c', complete: true, metadata: {}, artifacts };
    await rpc('record_build', { ...of, p_build: record });
    await rpc('finish_task', { ...of, p_status: 'succeeded', p_failure: null, p_events: [], p_patch: {} });
    expect((await ask('GET', `/builds/${body.id}/artifacts`)).body.items).toHaveLength(20_000);
    const { rows } = await stack.owner.query(`select (private.get_document($1, 'build-manifests', $2)).value`, [
      account,
      body.id,
    ]);
    expect(rows[0].value.fileCount).toBe(20_000);
    expect(rows[0].value.files.length).toBeGreaterThan(500);
  });
});

describe('retention', () => {
  it('lets go of what nobody needs, and deletes files after the database has said so', async () => {
    const shared = Buffer.from('shared by both');
    const old = await built({ own: Buffer.from('of the old one alone'), shared });
    for (let index = 0; index < 10; index += 1) await built({ shared, [`n${index}`]: randomBytes(8) });
    await stack.owner.query(`update public.builds set finished_at = now() - interval '100 days' where id = $1`, [
      old.id,
    ]);
    const own = createHash('sha256').update('of the old one alone').digest('hex');
    const orphan = await stored(Buffer.from('of a worker that was killed'));
    const young = await stored(Buffer.from('of a worker that is at it'));
    utimesSync(store.pathOf(orphan.digest), new Date(0), new Date(0));

    expect((await collect(3_600)).builds).toBe(1);
    expect(existsSync(store.pathOf(orphan.digest))).toBe(false);
    expect(existsSync(store.pathOf(young.digest))).toBe(true);
    // Reserved within the hour: a writer may count on it.
    expect(existsSync(store.pathOf(own))).toBe(true);
    await stack.owner.query(`update private.artifacts set stored_at = now() - interval '2 hours'`);
    expect(await collect(3_600)).toMatchObject({ builds: 0, files: expect.any(Number) });
    expect(existsSync(store.pathOf(own))).toBe(false);
    expect(existsSync(store.pathOf(createHash('sha256').update(shared).digest('hex')))).toBe(true);
    expect((await ask('GET', `/builds/${old.id}`)).body.status).toBe('expired');
    expect(await ask('GET', `/builds/${old.id}/artifacts/own`)).toMatchObject({
      status: 410,
      body: { code: 'build_expired' },
    });
    const { rows } = await stack.owner.query('select 1 from private.artifacts where removal_run is not null');
    expect(rows).toEqual([]);
  });

  it('says when the store is not there', async () => {
    const missing = collectArtifacts({
      db: stack.service,
      directory: `${store.directory}-away`,
      log: pino({ level: 'silent' }),
      signal: new AbortController().signal,
    });
    await expect(missing).rejects.toMatchObject({ code: 'artifacts_dir_missing' });
  });
});
