import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAssociationSchema } from '../../../contracts/api/platform-association.ts';
import { platformHosts } from '../../../contracts/platform-association.ts';
import { effectiveSettings, settingEntriesSchema, settingNames, settingRules } from '../../../contracts/settings.ts';
import { asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;
const as = (user: string, sql: string, values: unknown[] = []) =>
  database.as(asUser(user), (client) => client.query(sql, values).then(({ rows }) => rows));

describe('settings', () => {
  const set = (user: string, project: string | null, entries: unknown) =>
    as(
      user,
      'update public.settings set entries = $3 where account_id = $1 and project_id is not distinct from $2 returning version',
      [world.account, project, JSON.stringify(entries)],
    );
  const setting = async (key: string, project: string | null = world.project) =>
    (await owned('select private.setting($1, $2, $3) as value', [world.account, project, key]))[0]?.value;

  it('have the same names, values and bounds in SQL and in contracts', async () => {
    expect(await owned('select * from private.setting_rules()')).toEqual(
      settingNames.map((key) => {
        const { standard, lowest, highest } = settingRules[key];
        return { key, standard, lowest, highest };
      }),
    );
  });

  it.each([
    {},
    { artifactRetentionDays: 1 },
    { artifactRetentionDays: 3_650, artifactRetentionCount: 1_000 },
    { artifactRetentionDays: 0 },
    { artifactRetentionDays: 3_651 },
    { artifactRetentionDays: 1.5 },
    { artifactRetentionDays: '30' },
    { artifactRetentionDays: null },
    { artifactRetentionDays: 10_000_000_000 },
    { retention: 1 },
    [],
    'none',
  ])('%j are some to the database when they are some to the API', async (entries) => {
    const valid = settingEntriesSchema.safeParse(entries).success;
    const written = set(world.admin, world.project, entries);
    if (valid) expect(await written).toHaveLength(1);
    else await expect(written).rejects.toMatchObject({ code: '23514' });
  });

  it('hold from the narrowest place that says something', async () => {
    const [ofAccount, ofProject] = [
      { artifactRetentionDays: 30, artifactRetentionCount: 3 },
      { artifactRetentionDays: 7 },
    ];
    await set(world.admin, null, ofAccount);
    await set(world.admin, world.project, ofProject);
    const effective = effectiveSettings(ofAccount, ofProject);
    for (const key of settingNames) expect([key, await setting(key)]).toEqual([key, effective[key].value]);
    expect(await setting('artifactRetentionDays', null)).toBe(30);
    expect(effective.approvalTimeoutSeconds).toEqual({ value: 86_400, source: 'platform' });
  });

  it('are changed by admins, one place each, made with its account and project and gone with them', async () => {
    expect(await set(world.member, null, {})).toEqual([]);
    expect(await as(world.outsider, 'select 1 from public.settings where account_id = $1', [world.account])).toEqual(
      [],
    );
    for (const sql of [
      `insert into public.settings (account_id) values ('${world.account}')`,
      `delete from public.settings where account_id = '${world.account}'`,
      `update public.settings set account_id = '${world.account}'`,
    ]) {
      await expect(as(world.owner, sql)).rejects.toMatchObject({ code: '42501' });
    }
    const [project] = await owned(
      `insert into public.projects (account_id, slug, name, repository_url) values ($1, 'brief', 'B', '/b') returning id`,
      [world.account],
    );
    const found = 'select 1 from public.settings where project_id = $1';
    expect(await owned(found, [project?.id])).toHaveLength(1);
    await owned('delete from public.projects where id = $1', [project?.id]);
    expect(await owned(found, [project?.id])).toEqual([]);
  });

  it('are what a deployment waits and runs by', async () => {
    await set(world.admin, world.project, { approvalTimeoutSeconds: 120, deploymentTimeoutSeconds: 90 });
    await owned(`update public.environments set protection = '{"requiredApprovals": 1}' where id = $1`, [
      world.environment,
    ]);
    const { deployment } = await world.deploy();
    const [made] = await owned(
      `select timeout_seconds, extract(epoch from approval_expires_at - created_at)::int as waits from public.deployments where id = $1`,
      [deployment],
    );
    expect(made).toEqual({ timeout_seconds: 90, waits: 120 });
  });
});

describe('platform associations', () => {
  const associate = (values: Record<string, unknown> = {}, by = world.admin) => {
    const row = {
      project_id: world.project,
      host: 'github',
      host_url: platformHosts.github.url,
      repository: `acme/${randomBytes(5).toString('hex')}`,
      ...values,
    };
    const columns = Object.keys(row);
    const sql = `insert into public.platform_associations (${columns.join(', ')}) values (${columns.map((_, n) => `$${n + 1}`).join(', ')}) returning *`;
    return as(by, sql, Object.values(row));
  };
  const integration = async (values: Record<string, unknown>) => {
    const row = { account_id: world.account, name: `i-${randomBytes(5).toString('hex')}`, ...values };
    const columns = Object.keys(row);
    const sql = `insert into public.integrations (${columns.join(', ')}) values (${columns.map((_, n) => `$${n + 1}`).join(', ')}) returning id`;
    return (await owned(sql, Object.values(row)))[0]?.id;
  };

  it('are made by admins for their projects, once each', async () => {
    const [made] = await associate({ repository: 'acme/site' });
    expect(made).toMatchObject({ account_id: world.account, status: 'active', version: 1, integration_id: null });
    await expect(associate({ repository: 'acme/site' })).rejects.toMatchObject({ code: '23505' });
    await associate({ repository: 'acme/site', host_url: 'https://github.acme.test:8443/git' });
    for (const user of [world.member, world.outsider]) {
      await expect(associate({}, user)).rejects.toMatchObject({ code: '42501' });
    }
    expect(await as(world.viewer, 'select 1 from public.platform_associations where id = $1', [made?.id])).toHaveLength(
      1,
    );
    expect(await as(world.outsider, 'select 1 from public.platform_associations where id = $1', [made?.id])).toEqual(
      [],
    );
    await expect(
      as(world.admin, `update public.platform_associations set repository = 'acme/other' where id = $1`, [made?.id]),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('name a credential of their project or its account, and no other', async () => {
    const { account, otherAccount, project, environment } = world;
    const other = (
      await owned(
        `insert into public.projects (account_id, slug, name, repository_url) values ($1, 'other', 'O', '/o') returning id`,
        [account],
      )
    )[0]?.id;
    for (const good of [{ project_id: null }, { project_id: project }, { provider: 'github' }]) {
      const [made] = await associate({ integration_id: await integration(good) });
      expect(made?.integration_id).not.toBeNull();
    }
    for (const bad of [
      { account_id: otherAccount },
      { project_id: other },
      { project_id: project, environment_id: environment },
      { provider: 'slack' },
    ]) {
      await expect(associate({ integration_id: await integration(bad) })).rejects.toMatchObject({
        code: 'PT422',
        message: 'integration_not_visible',
      });
    }
    const id = await integration({});
    const [made] = await associate({ integration_id: id });
    await owned('delete from public.integrations where id = $1', [id]);
    expect(await owned('select integration_id from public.platform_associations where id = $1', [made?.id])).toEqual([
      { integration_id: null },
    ]);
  });

  it.each([
    { host: 'github', repository: 'acme/site' },
    { host: 'github', repository: 'acme' },
    { host: 'github', repository: 'acme/site/more' },
    { host: 'github', repository: 'acme/a b' },
    { host: 'azure-devops', repository: 'acme/Big Project/site' },
    { host: 'azure-devops', repository: 'acme/site' },
    { host: 'gitlab', repository: 'acme/site' },
    { host: 'github', repository: 'acme/site2', hostUrl: 'http://git.acme.test' },
    { host: 'github', repository: 'acme/site3', hostUrl: 'https://user:secret@github.com' },
    { host: 'github', repository: 'acme/site4', hostUrl: 'ssh://github.com' },
    { host: 'github', repository: 'acme/site5', hostUrl: 'https://github.com/?token=x' },
  ])('%j is one to the database when it is one to the API', async (body) => {
    const { success } = createAssociationSchema.safeParse(body);
    const { hostUrl = 'https://only.here.test', ...rest } = body;
    const written = associate({ ...rest, host_url: hostUrl });
    if (success) expect(await written).toHaveLength(1);
    else await expect(written).rejects.toMatchObject({ code: '23514' });
  });
});
