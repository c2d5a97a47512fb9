import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const run = (user: string, sql: string, values: unknown[] = [], claims: Record<string, string> = {}) =>
  database.as(asUser(user, claims), (client) => client.query(sql, values));
const count = async (user: string, table: string, claims: Record<string, string> = {}): Promise<number> =>
  Number((await run(user, `select count(*) from public.${table}`, [], claims)).rows[0]?.count);

describe('rights', () => {
  it('a member of no account of it sees nothing of an account', async () => {
    await world.deploy();
    for (const table of [
      'projects',
      'environments',
      'deployments',
      'tasks',
      'task_events',
      'environment_allocations',
    ]) {
      expect([table, await count(world.outsider, table)]).toEqual([table, 0]);
    }
    expect(await count(world.outsider, 'accounts')).toBe(1);
    expect(await count(world.outsider, 'accounts_memberships')).toBe(1);
    expect(await count(world.viewer, 'task_events')).toBeGreaterThan(0);
    expect(await count(world.viewer, 'accounts_memberships')).toBe(4);
  });

  it('anon gets no further than the grant', async () => {
    await expect(
      database.as({ role: 'anon' }, (client) => client.query('select * from public.projects')),
    ).rejects.toMatchObject({ code: '42501' });
  });

  const deployment = 'insert into public.deployments (environment_id, ref) values ($1, $2)';
  const project = `insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, 'x', '/x')`;

  it('deployments are made by members and above, projects by admins and above', async () => {
    for (const user of [world.viewer, world.outsider]) {
      await expect(run(user, deployment, [world.environment, 'main'])).rejects.toMatchObject({ code: '42501' });
    }
    for (const user of [world.viewer, world.member, world.outsider]) {
      await expect(run(user, project, [world.account, 'nope'])).rejects.toMatchObject({ code: '42501' });
    }
    for (const user of [world.member, world.admin, world.owner])
      await run(user, deployment, [world.environment, 'main']);
    await run(world.admin, project, [world.account, 'by-admin']);
    await run(world.owner, project, [world.account, 'by-owner']);
  });

  it('what a member says about a deployment ends at the ref: stages, status and task cannot be written', async () => {
    const forged = `insert into public.deployments (environment_id, ref, checkout_status) values ($1, 'x', 'succeeded')`;
    await expect(run(world.member, forged, [world.environment])).rejects.toMatchObject({ code: '42501' });
    const update = await run(world.viewer, 'select id from public.deployments limit 1');
    await expect(
      run(world.owner, `update public.deployments set checkout_status = 'running' where id = $1`, [update.rows[0]?.id]),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(run(world.owner, `update public.tasks set status = 'succeeded'`)).rejects.toMatchObject({
      code: '42501',
    });
    await expect(run(world.owner, 'delete from public.task_events')).rejects.toMatchObject({ code: '42501' });
    await expect(run(world.owner, 'truncate public.projects cascade')).rejects.toMatchObject({ code: '42501' });
  });

  it('an environment of another account cannot be deployed to, whatever account is named', async () => {
    const sql = `insert into public.deployments (account_id, project_id, environment_id, ref) values ($1, $2, $3, 'main')`;
    await expect(run(world.outsider, sql, [world.account, world.project, world.environment])).rejects.toMatchObject({
      code: '42501',
    });
    await expect(
      run(world.outsider, sql, [world.otherAccount, world.project, world.environment]),
    ).rejects.toMatchObject({
      code: '23503',
    });
  });

  it('an admin manages members but makes and touches no owner; the last owner stays', async () => {
    const set = 'update public.accounts_memberships set role = $3 where account_id = $1 and user_id = $2';
    await expect(run(world.admin, set, [world.account, world.member, 'owner'])).rejects.toMatchObject({
      code: '42501',
    });
    expect((await run(world.admin, set, [world.account, world.owner, 'viewer'])).rowCount).toBe(0);
    expect((await run(world.admin, set, [world.account, world.viewer, 'viewer'])).rowCount).toBe(1);
    expect((await run(world.member, set, [world.account, world.member, 'owner'])).rowCount).toBe(0);
    await expect(run(world.owner, set, [world.account, world.owner, 'admin'])).rejects.toMatchObject({
      code: 'PT409',
      message: 'last_owner',
    });
  });

  it('an application token’s claim narrows its user to one account, and ends with the token', async () => {
    await database.owner.query(
      `insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, 'member')`,
      [world.otherAccount, world.member],
    );
    const { rows } = await run(
      world.member,
      `select id from public.create_application_token($1, 'ci', 'sfp_at_abcd', $2)`,
      [world.account, 'a'.repeat(64)],
    );
    const token = String(rows[0]?.id);
    const claims = { app_account_id: world.account, app_token_id: token };
    expect(await count(world.member, 'accounts')).toBe(2);
    expect(await count(world.member, 'accounts', claims)).toBe(1);
    await run(world.member, deployment, [world.environment, 'main'], claims);
    // A token makes no token and no account.
    await expect(
      run(
        world.member,
        `select public.create_application_token($1, 'x', 'h', $2)`,
        [world.account, 'b'.repeat(64)],
        claims,
      ),
    ).rejects.toMatchObject({ code: 'PT403' });
    await expect(run(world.member, `select public.create_account('cc', 'C')`, [], claims)).rejects.toMatchObject({
      code: 'PT403',
    });

    const resolve = async () =>
      (
        await database.as(asService, (client) =>
          client.query('select public.resolve_application_token($1) as found', ['a'.repeat(64)]),
        )
      ).rows[0]?.found;
    expect(await resolve()).toMatchObject({ tokenId: token, userId: world.member, accountId: world.account });
    await expect(run(world.outsider, 'select public.revoke_application_token($1)', [token])).rejects.toMatchObject({
      code: 'PT404',
    });
    await run(world.member, 'select public.revoke_application_token($1)', [token]);
    expect(await resolve()).toBeNull();
    expect(await count(world.member, 'accounts', claims)).toBe(0);
    expect(await count(world.member, 'accounts')).toBe(2);
  });

  it('topics: members join those of their account, presence only on a task, and broadcast nothing', async () => {
    const { task } = await world.deploy();
    const probe = async (user: string, topic: string): Promise<unknown> => {
      const { rows } = await admin.query(`select realtime.sfp_probe_topic($1, 'authenticated', $2, '{}') as rights`, [
        topic,
        JSON.stringify({ role: 'authenticated', sub: user }),
      ]);
      return rows[0]?.rights;
    };
    const { Client } = await import('pg');
    const admin = new Client({ connectionString: database.postgres.url('supabase_admin') });
    await admin.connect();
    try {
      expect(await probe(world.viewer, `task:${task}`)).toEqual({
        read: ['broadcast', 'presence'],
        write: ['presence'],
      });
      for (const topic of [
        `project:${world.project}`,
        `environment:${world.environment}`,
        `account:${world.account}`,
      ]) {
        expect(await probe(world.viewer, topic)).toEqual({ read: ['broadcast'], write: [] });
        expect(await probe(world.outsider, topic)).toEqual({ read: [], write: [] });
      }
      for (const topic of [`task:${task}`, 'dispatch', 'task:', `task:${world.project}`, 'anything']) {
        expect(await probe(world.outsider, topic)).toEqual({ read: [], write: [] });
      }
    } finally {
      await admin.end();
    }
  });

  it('the audit log holds who did what, is read by admins, and changes for nobody', async () => {
    const { rows } = await run(
      world.admin,
      `select * from public.audit_log where action = 'insert' and subject_type = 'project'`,
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ actor_user_id: world.admin, detail: expect.objectContaining({ slug: 'by-admin' }) }),
    );
    expect(await count(world.member, 'audit_log')).toBe(0);
    for (const sql of [
      'update public.audit_log set action = $$x$$',
      'delete from public.audit_log',
      'truncate public.audit_log',
    ]) {
      await expect(database.as(asService, (client) => client.query(sql))).rejects.toMatchObject({ code: '42501' });
      await expect(database.owner.query(sql)).rejects.toMatchObject({ code: 'PT403' });
    }
  });

  it('the credentials key is made once, by the service only, and never returned', async () => {
    const make = () =>
      database.as(asService, (client) => client.query('select public.ensure_credentials_key() as made'));
    const made = await Promise.all([make(), make(), make()]);
    expect(made.map(({ rows }) => rows[0]?.made).sort()).toEqual([false, false, true]);
    await expect(run(world.owner, 'select public.ensure_credentials_key()')).rejects.toMatchObject({ code: '42501' });
    const { rows } = await database.owner.query(
      `select length(decrypted_secret) as n from vault.decrypted_secrets where name = 'sfp_credentials_key'`,
    );
    expect(rows).toEqual([{ n: 64 }]);
  });
});
