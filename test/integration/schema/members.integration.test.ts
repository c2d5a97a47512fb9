import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopeCeiling, tokenScopes } from '../../../contracts/application-token.ts';
import { auditSubjects } from '../../../contracts/audit-entry.ts';
import { waitFor } from '../../support/wait.ts';
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
const join = (account: string, user: string, role: string) =>
  database.owner.query('insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, $3)', [
    account,
    user,
    role,
  ]);
const owners = async (account: string): Promise<string[]> => {
  const { rows } = await database.owner.query<{ user_id: string }>(
    `select user_id from public.accounts_memberships where account_id = $1 and role = 'owner'`,
    [account],
  );
  return rows.map(({ user_id }) => user_id);
};

/** A transaction of its own, held open as long as the test wants. */
async function transaction(user: string) {
  const client = new Client({ connectionString: database.postgres.url('authenticator') });
  await client.connect();
  await client.query('begin');
  await client.query(`select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`, [
    JSON.stringify(asUser(user)),
  ]);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return {
    query: (sql: string, values: unknown[]) => client.query(sql, values),
    commit: () => client.query('commit'),
    /** Waits for another transaction's lock. */
    isWaiting: async () => {
      const found = await database.owner.query('select 1 from pg_locks where pid = $1 and not granted', [rows[0]?.pid]);
      return found.rowCount !== 0;
    },
    end: () => client.end(),
  };
}

describe('the last owner', () => {
  const leave = 'delete from public.accounts_memberships where account_id = $1 and user_id = $2';
  const demote = `update public.accounts_memberships set role = 'viewer' where account_id = $1 and user_id = $2`;

  it.each([
    ['leave', leave, leave],
    ['demote themselves', demote, demote],
    ['leave and demote', leave, demote],
  ])('stays when two owners %s at the same moment', async (_, first, second) => {
    const account = (
      await run(world.owner, `select id from public.create_account($1, 'X')`, [`c-${randomUUID().slice(0, 8)}`])
    ).rows[0]?.id;
    await join(account, world.admin, 'owner');
    const [one, two] = [await transaction(world.owner), await transaction(world.admin)];
    try {
      await one.query(first, [account, world.owner]);
      const late = two.query(second, [account, world.admin]).then(
        () => 'done',
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
      await waitFor(two.isWaiting, { timeoutMs: 5_000, what: 'the second to wait for the first' });
      await one.commit();
      expect(await late).toBe('PT409 last_owner');
    } finally {
      await Promise.all([one.end(), two.end()]);
    }
    expect(await owners(account)).toEqual([world.admin]);
  });

  it('stays when many owners leave at once, round after round', async () => {
    for (let round = 0; round < 5; round += 1) {
      const users: string[] = [];
      for (let n = 0; n < 8; n += 1) users.push(await database.user(`${randomUUID()}@example.test`));
      const account = (
        await run(users[0] ?? '', `select id from public.create_account($1, 'X')`, [`d-${randomUUID().slice(0, 8)}`])
      ).rows[0]?.id;
      for (const user of users.slice(1)) await join(account, user, 'owner');
      const results = await Promise.allSettled(users.map((user) => run(user, leave, [account, user])));
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      expect(await owners(account)).toHaveLength(1);
    }
  });

  it('is not removed with their user either, and goes with the account', async () => {
    const user = await database.user(`${randomUUID()}@example.test`);
    const account = (
      await run(user, `select id from public.create_account($1, 'X')`, [`e-${randomUUID().slice(0, 8)}`])
    ).rows[0]?.id;
    const end = () => database.owner.query('delete from auth.users where id = $1', [user]);
    await expect(end()).rejects.toMatchObject({ code: 'PT409', message: 'last_owner' });
    expect((await run(user, 'delete from public.accounts where id = $1', [account])).rowCount).toBe(1);
    await end();
  });
});

describe('memberships', () => {
  it('change under a version, and only in their role', async () => {
    const set = `update public.accounts_memberships set role = 'viewer' where account_id = $1 and user_id = $2 and version = $3 returning version`;
    const { rows } = await run(world.admin, set, [world.account, world.viewer, 1]);
    expect(rows).toEqual([{ version: 2 }]);
    expect((await run(world.admin, set, [world.account, world.viewer, 1])).rowCount).toBe(0);
    for (const change of [`user_id = '${world.outsider}'`, `account_id = '${world.otherAccount}'`, 'version = 7']) {
      const sql = `update public.accounts_memberships set ${change} where account_id = $1 and user_id = $2`;
      await expect(run(world.owner, sql, [world.account, world.viewer])).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('anybody may leave; nobody below an admin removes somebody else', async () => {
    const user = await database.user(`${randomUUID()}@example.test`);
    await join(world.account, user, 'viewer');
    const leave = 'delete from public.accounts_memberships where account_id = $1 and user_id = $2';
    expect((await run(world.member, leave, [world.account, user])).rowCount).toBe(0);
    expect((await run(user, leave, [world.account, user])).rowCount).toBe(1);
  });

  it('are listed with addresses for members only', async () => {
    const list = 'select email, role from public.list_members($1) order by role';
    expect((await run(world.viewer, list, [world.account])).rows).toHaveLength(4);
    expect((await run(world.outsider, list, [world.account])).rows).toEqual([]);
  });
});

describe('an application token', () => {
  it.each(tokenScopes)(
    'of scope %s reaches the role that contracts say, and nothing that only people do',
    async (scope) => {
      const { rows } = await run(
        world.owner,
        `select id from public.create_application_token($1, $2, 'hint', $3, null, $4)`,
        [world.account, scope, randomUUID().replaceAll('-', '').repeat(2), scope],
      );
      const claims = asUser(world.owner, { app_account_id: world.account, app_token_id: String(rows[0]?.id) });
      // Policies reach the two functions; a caller does not, so they are asked with the caller's claims.
      await database.owner.query('begin');
      await database.owner.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)]);
      const reached = await database.owner.query(
        `select role, (select count(*)::int from private.person_account_ids(role)) as people
         from unnest(enum_range(null::public.account_role)) role
         where $1 in (select private.member_account_ids(role)) order by role`,
        [world.account],
      );
      await database.owner.query('rollback');
      expect(reached.rows.at(-1)).toEqual({ role: scopeCeiling[scope], people: 0 });
      expect(new Set(reached.rows.map(({ people }) => people))).toEqual(new Set([0]));
    },
  );
});

describe('invitations', () => {
  const later = () => new Date(Date.now() + 86_400_000).toISOString();
  const hash = () => randomUUID().replaceAll('-', '').repeat(2);
  const create = async (user: string, email: string, role = 'member', code = hash()) => {
    const sql = 'select * from public.create_invitation($1, $2, $3, $4, $5, $6)';
    return { code, row: (await run(user, sql, [world.account, email, role, 'sfp_inv_abcd', code, later()])).rows[0] };
  };
  const accept = (user: string, code: string) => run(user, 'select * from public.accept_invitation($1)', [code]);
  const someone = async () => {
    const email = `${randomUUID()}@example.test`;
    return { email, id: await database.user(email) };
  };

  it('are made by admins, into every role but owner; tokens make none', async () => {
    await expect(create(world.member, 'x1@example.test')).rejects.toMatchObject({
      code: 'PT403',
      message: 'forbidden',
    });
    await expect(create(world.outsider, 'x1@example.test')).rejects.toMatchObject({ code: 'PT404' });
    await expect(create(world.admin, 'x1@example.test', 'owner')).rejects.toMatchObject({ code: 'PT403' });
    expect((await create(world.owner, 'x1@example.test', 'owner')).row).toMatchObject({ role: 'owner' });
    const { rows } = await run(world.owner, `select id from public.create_application_token($1, 'x', 'h', $2)`, [
      world.account,
      hash(),
    ]);
    const sql = `select public.create_invitation($1, 'x2@example.test', 'viewer', 'h', $2, $3)`;
    const claims = { app_account_id: world.account, app_token_id: String(rows[0]?.id) };
    await expect(run(world.owner, sql, [world.account, hash(), later()], claims)).rejects.toMatchObject({
      message: 'person_required',
    });
  });

  it('are accepted once, by the invited address, whatever its letters’ case', async () => {
    const { email, id } = await someone();
    const { code } = await create(world.admin, email.toUpperCase());
    await expect(accept(world.outsider, code)).rejects.toMatchObject({ message: 'invitation_for_another' });
    expect((await accept(id, code)).rows).toMatchObject([{ role: 'member', user_id: id }]);
    expect((await accept(id, code)).rows).toMatchObject([{ role: 'member', user_id: id }]);
    await run(world.admin, 'delete from public.accounts_memberships where account_id = $1 and user_id = $2', [
      world.account,
      id,
    ]);
    await expect(accept(id, code)).rejects.toMatchObject({ message: 'invitation_accepted' });
  });

  it('make one member when they are accepted many times at once', async () => {
    const { email, id } = await someone();
    const { code } = await create(world.admin, email);
    await Promise.all(Array.from({ length: 8 }, () => accept(id, code)));
    const { rows } = await run(
      world.admin,
      `select id from public.audit_log where subject_type = 'membership' and subject_id = $1`,
      [id],
    );
    expect(rows).toHaveLength(1);
  });

  it('end when revoked, expired or made anew', async () => {
    const { email, id } = await someone();
    const first = await create(world.admin, email);
    await expect(create(world.owner, email)).rejects.toMatchObject({ code: 'PT409', message: 'already_invited' });
    const renewed = hash();
    await run(world.owner, 'select public.resend_invitation($1, $2, $3, $4)', [first.row.id, 'hint', renewed, later()]);
    await expect(accept(id, first.code)).rejects.toMatchObject({ message: 'invitation_unknown' });
    await database.owner.query(`update public.invitations set expires_at = now() where id = $1`, [first.row.id]);
    await expect(accept(id, renewed)).rejects.toMatchObject({ message: 'invitation_expired' });
    // An expired one does not stand in the way of a new one.
    const second = await create(world.admin, email);
    await run(world.admin, 'select public.revoke_invitation($1)', [second.row.id]);
    await expect(accept(id, second.code)).rejects.toMatchObject({ message: 'invitation_revoked' });
    await expect(
      run(world.admin, 'select public.resend_invitation($1, $2, $3, $4)', [second.row.id, 'h', hash(), later()]),
    ).rejects.toMatchObject({ message: 'invitation_revoked' });
  });

  it('end with the rights of who made them, so that nobody comes back through one', async () => {
    const inviter = await someone();
    await join(world.account, inviter.id, 'admin');
    const kept = await someone();
    const lost = await someone();
    const { code } = await create(inviter.id, lost.email);
    const other = await create(world.admin, kept.email);
    await run(
      world.owner,
      `update public.accounts_memberships set role = 'member' where account_id = $1 and user_id = $2`,
      [world.account, inviter.id],
    );
    await expect(accept(lost.id, code)).rejects.toMatchObject({ message: 'invitation_revoked' });
    expect((await accept(kept.id, other.code)).rowCount).toBe(1);
  });

  it('lower nobody, and invite no member again', async () => {
    const { email, id } = await someone();
    const { code } = await create(world.admin, email, 'viewer');
    await join(world.account, id, 'admin');
    expect((await accept(id, code)).rows).toMatchObject([{ role: 'admin' }]);
    await expect(create(world.admin, email)).rejects.toMatchObject({ message: 'already_member' });
  });

  it('are told to the API server alone by their hash, and never hold the code', async () => {
    const { email } = await someone();
    const { code } = await create(world.admin, email);
    const find = 'select public.find_invitation($1) as found';
    await expect(run(world.owner, find, [code])).rejects.toMatchObject({ code: '42501' });
    const { rows } = await database.as(asService, (client) => client.query(find, [code]));
    expect(rows[0]?.found).toMatchObject({ email, state: 'open', registered: true });
  });
});

describe('the audit log', () => {
  it('names each kind of thing that a trigger writes about', async () => {
    const { rows } = await database.owner.query<{ kind: string }>(
      `select distinct encode(substring(tgargs from 1 for position('\\000'::bytea in tgargs) - 1), 'escape') as kind
       from pg_trigger where tgfoid = 'private.audit'::regproc`,
    );
    // Retention says itself how much it removed.
    expect([...rows.map(({ kind }) => kind), 'retention'].sort()).toEqual([...auditSubjects].sort());
  });

  it('is written for every table that people or the API change', async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and not exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'private.audit'::regproc) order by 1`,
    );
    // What the platform itself writes, many times a second, and what a build keeps, which has a line with it.
    expect(rows.map(({ name }) => name)).toEqual(['audit_log', 'build_artifacts', 'task_events']);
  });

  it('keeps the actor’s address, and every step of an invitation', async () => {
    const email = `${randomUUID()}@example.test`;
    const claims = { email: 'admin@example.test' };
    const sql = `select * from public.create_invitation($1, $2, 'viewer', 'h', $3, now() + interval '1 day')`;
    const { rows } = await run(
      world.admin,
      sql,
      [world.account, email, randomUUID().replaceAll('-', '').repeat(2)],
      claims,
    );
    await run(world.admin, 'select public.revoke_invitation($1)', [rows[0]?.id], claims);
    const log = await run(
      world.admin,
      'select action, actor_email, detail from public.audit_log where subject_id = $1 order by id',
      [rows[0]?.id],
    );
    expect(log.rows).toMatchObject([
      { action: 'insert', actor_email: 'admin@example.test', detail: { email, role: 'viewer' } },
      { action: 'update', detail: { revoked_at: expect.any(String) } },
    ]);
  });
});
