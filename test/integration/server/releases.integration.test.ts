import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repeatedDeploymentSchema } from '../../../contracts/api/promotion.ts';
import { deployedSchema } from '../../../contracts/deployed.ts';
import { releaseChangelogSchema, releaseSchema } from '../../../contracts/release.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let owner: User;
let viewer: User;
let outsider: User;

beforeAll(async () => {
  stack = await startServerStack(['api']);
  [owner, viewer, outsider] = [await stack.user('owner'), await stack.user('viewer'), await stack.user('outsider')];
  const made = await stack.call('POST', '/accounts', { token: owner.token, body: { slug: 'acme', name: 'Acme' } });
  await stack.call('POST', '/accounts', { token: outsider.token, body: { slug: 'other', name: 'Other' } });
  const row = { account_id: made.body.id, user_id: viewer.id, role: 'viewer' };
  const { error } = await stack.as(owner.token).from('accounts_memberships').insert(row);
  if (error !== null) throw error;
  for (const slug of ['site', 'worker']) await set('/projects', { slug, repositoryUrl: `/${slug}` });
  for (const slug of ['site', 'worker']) await set(`/projects/${slug}/environments`, { slug: 'staging' });
  await set('/projects/site/environments', { slug: 'production' });
});
afterAll(() => stack?.stop());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, by = owner) =>
  stack.call(method, path, { token: by.token, headers, ...(body === undefined ? {} : { body }) });
async function set(path: string, body: unknown): Promise<void> {
  const made = await call('POST', path, body);
  expect([path, made.status, made.body.detail]).toEqual([path, 201, undefined]);
}
const newName = (): string => `v-${randomBytes(6).toString('hex')}`;
const version = (number: number) => ({ 'if-match': `"${number}"` });

/** A build of the project that succeeded. */
async function build(project: string, commit = 'c0ffee'): Promise<{ id: string; number: number }> {
  const { rows } = await stack.owner.query<{ id: string; number: number }>(
    `insert into public.builds (project_id, ref) select id, 'main' from public.projects where slug = $1 returning id, number`,
    [project],
  );
  const [made] = rows;
  if (made === undefined) throw new Error(`no project ${project}`);
  await stack.owner.query(`update public.builds set status = 'running' where id = $1`, [made.id]);
  await stack.owner.query(
    `update public.builds set status = 'succeeded', commit_sha = $2, metadata = $3 where id = $1`,
    [made.id, commit, { commit: { sha: commit, author: 'Ann', subject: `about ${commit}` } }],
  );
  return made;
}
/** As a worker that succeeds. */
async function run({ taskId }: { taskId: string }): Promise<void> {
  for (const [name, args] of [
    ['start_task', { p_task_id: taskId, p_run_id: 'run', p_worker: 'worker', p_lease_seconds: 60 }],
    [
      'finish_task',
      { p_task_id: taskId, p_attempt: 1, p_status: 'succeeded', p_failure: null, p_events: [], p_patch: {} },
    ],
  ] as const) {
    const { error } = await stack.service.rpc(name, args);
    if (error !== null) throw error;
  }
}
const environmentId = async (slug: string): Promise<string> =>
  (await call('GET', '/projects/site/environments')).body.items.find((item: { slug: string }) => item.slug === slug).id;

describe('releases in the API', () => {
  it('are made with builds by number or the newest, once for a key, listed with filters, and nobody else’s to see', async () => {
    const first = await build('site');
    const newest = await build('site', 'abc123');
    const worker = await build('worker');
    const [name, key] = [newName(), { 'idempotency-key': newName() }];
    const body = {
      name,
      metadata: { ticket: 7 },
      builds: [{ project: 'site' }, { project: 'worker', build: worker.number }],
    };
    const made = await call('POST', '/releases', body, key);
    expect(made.status).toBe(201);
    expect(releaseSchema.parse(made.body)).toMatchObject({
      name,
      status: 'pending',
      metadata: { ticket: 7 },
      builds: [
        { project: 'site', buildId: newest.id, number: newest.number, ref: 'main', commitSha: 'abc123' },
        { project: 'worker', buildId: worker.id },
      ],
    });
    expect(made.headers.get('etag')).toBe(`"${made.body.version}"`);
    expect((await call('POST', '/releases', body, key)).body.id).toBe(made.body.id);
    expect((await call('POST', '/releases', body)).body.code).toBe('already_exists');
    expect(
      (await call('POST', '/releases', { ...body, name: newName(), builds: [{ project: 'site', build: 9999 }] }))
        .status,
    ).toBe(404);
    const twice = [{ project: 'site' }, { project: 'site', build: first.number }];
    expect((await call('POST', '/releases', { name: newName(), builds: twice })).body.code).toBe('release_two_builds');
    const bad = await call('POST', '/releases', { name: 'no spaces please' });
    expect([bad.status, bad.body.errors[0].path]).toEqual([422, 'name']);

    const names = async (query: string, by = viewer): Promise<string[]> =>
      (await call('GET', `/releases${query}`, undefined, {}, by)).body.items.map((item: { name: string }) => item.name);
    const empty = newName();
    await call('POST', '/releases', { name: empty });
    expect(await names('')).toEqual([empty, name]);
    expect(await names('?project=worker')).toEqual([name]);
    expect((await call('GET', '/releases?project=worker')).body.items[0].builds).toHaveLength(2);
    expect(await names(`?name=${empty}`)).toEqual([empty]);
    expect(await names('?status=finalized')).toEqual([]);
    expect(await names('?limit=1')).toEqual([empty]);
    expect(await names('', outsider)).toEqual([]);
    expect((await call('GET', `/releases/${name}`, undefined, {}, viewer)).body.id).toBe(made.body.id);
    for (const path of ['', '/changelog', '/deployments']) {
      expect((await call('GET', `/releases/${made.body.id}${path}`, undefined, {}, outsider)).status).toBe(404);
    }
    expect((await call('POST', '/releases', { name: newName() }, {}, viewer)).status).toBe(403);
    expect((await call('PATCH', `/releases/${name}`, { description: 'x' }, { 'if-match': '*' }, viewer)).status).toBe(
      403,
    );
    // Another account cannot take the build, by its id either.
    await stack.call('POST', '/projects', {
      token: outsider.token,
      body: { slug: 'theirs', repositoryUrl: '/theirs' },
    });
    const stolen = await call(
      'POST',
      '/releases',
      { name: newName(), builds: [{ project: 'theirs', build: newest.id }] },
      {},
      outsider,
    );
    expect(stolen.status).toBe(404);
  });

  it('change under the version that was read; both versions are shown', async () => {
    const [first, second] = [await build('site'), await build('site')];
    const name = newName();
    await call('POST', '/releases', { name });
    const put = (build: number, at: Record<string, string>) =>
      call('PUT', `/releases/${name}/builds/site`, { build }, at);
    expect((await put(first.number, {})).status).toBe(428);
    const added = await put(first.number, version(1));
    expect([added.status, added.body.version, added.body.builds[0].number]).toEqual([200, 2, first.number]);
    const stale = await put(second.number, version(1));
    expect(stale.body).toMatchObject({
      status: 409,
      code: 'version_conflict',
      conflict: { expectedVersion: 1, currentVersion: 2 },
    });
    const both = await Promise.all([put(first.number, version(2)), put(second.number, version(2))]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'version_conflict',
      conflict: { currentVersion: 3 },
    });
    const renamed = await call('PATCH', `/releases/${name}`, { name: `${name}.1`, description: 'better' }, version(3));
    expect(renamed.body).toMatchObject({ name: `${name}.1`, version: 4, builds: [{ project: 'site' }] });
    const gone = await call('DELETE', `/releases/${name}.1/builds/site`, undefined, version(4));
    expect([gone.status, gone.body.builds]).toEqual([200, []]);
    expect((await call('DELETE', `/releases/${name}.1/builds/site`, undefined, version(5))).status).toBe(404);
  });

  it('are deployed everywhere or nowhere, finalized when they were, and have a changelog', async () => {
    const name = newName();
    await build('site', 'one');
    await build('worker', 'two');
    const builds = [{ project: 'site' }, { project: 'worker' }];
    await call('POST', '/releases', { name, builds });
    const missing = await call('POST', `/releases/${name}/deployments`, { environment: 'production' });
    expect(missing.body).toMatchObject({
      status: 409,
      code: 'release_environment_missing',
      message: expect.stringContaining('worker'),
    });
    const deployed = await call('POST', `/releases/${name}/deployments`, { environment: 'staging' });
    expect(deployed.status).toBe(201);
    expect(deployed.body.items.map((item: { origin: string }) => item.origin)).toEqual(['release', 'release']);
    expect((await call('GET', `/releases/${name}/deployments`)).body.items).toHaveLength(2);
    const { version: now } = (await call('GET', `/releases/${name}`)).body;
    const frozen = await call('DELETE', `/releases/${name}/builds/site`, undefined, version(now));
    expect(frozen.body).toMatchObject({ status: 409, code: 'release_frozen' });
    await run(deployed.body.items[0]);
    const early = await call('POST', `/releases/${name}/finalize`, {}, version(now));
    expect(early.body).toMatchObject({ status: 409, code: 'release_incomplete' });
    await run(deployed.body.items[1]);
    const done = await call('POST', `/releases/${name}/finalize`, { reason: 'out' }, version(now));
    expect(done.body).toMatchObject({ status: 'finalized', endedBy: owner.id, endReason: 'out' });
    const changelog = releaseChangelogSchema.parse((await call('GET', `/releases/${name}/changelog`)).body);
    expect(
      Object.values(changelog.projects)
        .map(({ commits }) => commits[0]?.sha)
        .sort(),
    ).toEqual(['one', 'two']);
    const next = newName();
    await build('site', 'three');
    await call('POST', '/releases', { name: next, builds: [{ project: 'site' }] });
    const [changes] = Object.values(
      releaseChangelogSchema.parse((await call('GET', `/releases/${next}/changelog`)).body).projects,
    );
    expect(changes).toMatchObject({ since: { release: name, commitSha: 'one' }, commits: [{ sha: 'three' }] });
    const aborted = await call('POST', `/releases/${next}/abort`, { reason: 'late' }, { 'if-match': '*' });
    expect(aborted.body).toMatchObject({ status: 'aborted', endReason: 'late' });
    const late = await call('POST', '/deployments', { project: 'site', environment: 'staging', release: next });
    expect(late.body).toMatchObject({ status: 409, code: 'release_aborted' });
  });
});

describe('promotion and rollback in the API', () => {
  it('take the same build on and back; an environment says what it has', async () => {
    const [first, second] = [await build('site', 'one'), await build('site', 'two')];
    const name = newName();
    await call('POST', '/releases', { name, builds: [{ project: 'site', build: first.number }] });
    const staged = await call('POST', '/deployments', { project: 'site', environment: 'staging', release: name });
    expect(staged.body).toMatchObject({ origin: 'release', buildId: first.id, commitSha: 'one' });
    await run(staged.body);
    const promotion = { project: 'site', from: 'staging', to: 'production' };
    const promoted = await call('POST', '/promotions', promotion);
    expect(promoted.status).toBe(201);
    expect(repeatedDeploymentSchema.parse(promoted.body)).toMatchObject({
      made: true,
      deployment: { origin: 'promotion', buildId: first.id, sourceDeploymentId: staged.body.id },
      source: { deploymentId: staged.body.id, build: { number: first.number }, release: { name }, commitSha: 'one' },
    });
    const pressed = await call('POST', '/promotions', promotion);
    expect([pressed.status, pressed.body.made, pressed.body.deployment.id]).toEqual([
      200,
      false,
      promoted.body.deployment.id,
    ]);
    await run(promoted.body.deployment);
    expect((await call('POST', '/promotions', promotion)).body).toMatchObject({ made: false });
    const again = await call('POST', '/promotions', { ...promotion, again: true });
    expect([again.status, again.body.made]).toEqual([201, true]);
    await run(again.body.deployment);

    const direct = await call('POST', '/deployments', {
      project: 'site',
      environment: 'production',
      build: second.number,
    });
    expect(direct.body).toMatchObject({ origin: 'build', buildId: second.id });
    await run(direct.body);
    const production = await environmentId('production');
    const deployed = async () => (await call('GET', `/environments/${production}`)).body.deployed;
    expect(deployedSchema.parse(await deployed())).toMatchObject({
      deploymentId: direct.body.id,
      build: { number: second.number },
      release: null,
      requestedBy: owner.id,
    });
    const back = await call('POST', '/rollbacks', { project: 'site', environment: 'production' });
    expect(back.body).toMatchObject({
      made: true,
      deployment: { origin: 'rollback', buildId: first.id },
      source: { release: { name } },
    });
    // On its way: what the environment has is still the other.
    expect((await deployed()).deploymentId).toBe(direct.body.id);
    await run(back.body.deployment);
    expect(await deployed()).toMatchObject({
      deploymentId: back.body.deployment.id,
      origin: 'rollback',
      build: { number: first.number },
    });
    const listed = (await call('GET', '/projects/site/environments')).body.items;
    expect(
      listed.map((item: { slug: string; deployed: { build: { number: number } } }) => [
        item.slug,
        item.deployed.build.number,
      ]),
    ).toEqual([
      ['production', first.number],
      ['staging', first.number],
    ]);
    const history = (await call('GET', `/environments/${production}/deployed?limit=2`, undefined, {}, viewer)).body;
    expect(history.items.map((item: { deploymentId: string }) => item.deploymentId)).toEqual([
      back.body.deployment.id,
      direct.body.id,
    ]);
    const older = (await call('GET', `/environments/${production}/deployed?limit=2&cursor=${history.nextCursor}`)).body;
    expect(older.items.map((item: { deploymentId: string }) => item.deploymentId)).toEqual([
      again.body.deployment.id,
      promoted.body.deployment.id,
    ]);
    const forward = await call('POST', '/rollbacks', {
      project: 'site',
      environment: 'production',
      to: direct.body.id,
    });
    expect(forward.body).toMatchObject({ made: true, deployment: { buildId: second.id } });
    const same = await call('POST', '/deployments', {
      project: 'site',
      environment: 'staging',
      source: direct.body.id,
    });
    expect(same.body).toMatchObject({ origin: 'promotion', buildId: second.id });
  });

  it('refuse with problems', async () => {
    const post = (path: string, body: unknown, by = owner) => call('POST', path, body, {}, by);
    const both = await post('/deployments', { project: 'site', environment: 'staging', ref: 'main', build: 1 });
    expect([both.status, both.body.errors[0].path]).toEqual([422, 'ref']);
    expect((await post('/promotions', { project: 'site', from: 'staging', to: 'staging' })).body.code).toBe(
      'same_environment',
    );
    expect((await post('/promotions', { project: 'worker', from: 'staging', to: 'nowhere' })).status).toBe(404);
    expect((await post('/promotions', { project: 'site', from: 'staging', to: 'production' }, viewer)).status).toBe(
      403,
    );
    expect((await post('/rollbacks', { project: 'site', environment: 'staging' }, viewer)).status).toBe(403);
    expect((await post('/rollbacks', { project: 'site', environment: 'staging' }, outsider)).status).toBe(404);
    const unknown = await post('/rollbacks', { project: 'site', environment: 'staging', to: owner.id });
    expect([unknown.status, unknown.body.suggestion]).toEqual([404, expect.stringContaining('sfp rollback --list')]);
  });
});
