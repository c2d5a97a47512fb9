import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Protection, protectionSchema, refMatches } from '../../../contracts/environment-protection.ts';
import { asService, asUser, type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { makeWorld, type World } from './world.ts';

let database: CoreDatabase;
let world: World;
beforeAll(async () => {
  database = await startCoreDatabase();
  world = await makeWorld(database);
});
afterAll(() => database.stop());

const owned = async (sql: string, values: unknown[] = []) => (await database.owner.query(sql, values)).rows;
const service = (sql: string, values: unknown[] = []) =>
  database.as(asService, (client) => client.query(sql, values).then(({ rows }) => rows));
const as = (user: string, sql: string, values: unknown[] = [], claims: Record<string, string> = {}) =>
  database.as(asUser(user, { email: `${user.slice(0, 8)}@example.test`, ...claims }), (client) =>
    client.query(sql, values).then(({ rows }) => rows),
  );

/** An environment with this protection. */
async function guarded(protection: Protection): Promise<string> {
  const slug = `e-${randomBytes(5).toString('hex')}`;
  const sql = `insert into public.environments (account_id, project_id, slug, name, protection)
    values ($1, $2, $3, 'E', $4) returning id`;
  return (await owned(sql, [world.account, world.project, slug, protection]))[0]?.id;
}
const insertDeployment = `insert into public.deployments (account_id, project_id, environment_id, ref)
  values ($1, $2, $3, $4) returning *`;
const deploy = async (environment: string, { by = world.member, ref = 'main' } = {}) =>
  (await as(by, insertDeployment, [world.account, world.project, environment, ref]))[0];
const waiting = async (protection: Protection = { requiredApprovals: 1 }, by = world.member) =>
  deploy(await guarded(protection), { by });
const decide = async (user: string, id: string, decision = 'approved', claims: Record<string, string> = {}) =>
  (await as(user, 'select * from public.decide_deployment($1, $2)', [id, decision], claims))[0];
const cancel = (user: string, task: string) => as(user, 'select * from public.cancel_task($1)', [task]);
const retry = async (user: string, id: string) =>
  (await as(user, 'select * from public.retry_deployment($1)', [id]))[0];
const deploymentOf = async (id: string) => (await owned('select * from public.deployments where id = $1', [id]))[0];
const taskOf = async (id: string) => (await owned('select * from public.tasks where id = $1', [id]))[0];
const outboxOf = async (task: string) => owned('select kind from private.outbox where task_id = $1', [task]);
const notesOf = async (task: string): Promise<string[]> =>
  (await owned(`select data from public.task_events where task_id = $1 and kind = 'note' order by seq`, [task])).map(
    ({ data }) => data.text,
  );
async function newMember(role: string): Promise<string> {
  const id = await database.user(`${randomUUID()}@example.test`);
  await owned('insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, $3)', [
    world.account,
    id,
    role,
  ]);
  return id;
}
const leave = (user: string) =>
  owned('delete from public.accounts_memberships where account_id = $1 and user_id = $2', [world.account, user]);

describe('a protection', () => {
  const user = randomUUID();
  it.each([
    {},
    { requiredApprovals: 0 },
    {
      requiredApprovals: 2,
      approvalTimeoutSeconds: 60,
      approvers: { role: 'owner' },
      allowedBranches: ['main', 'r/*'],
    },
    { deployers: {} },
    { requiredApprovals: 1, approvers: { users: [user] } },
    { requiredApprovals: 11 },
    { requiredApprovals: 1.5 },
    { requiredApprovals: '1' },
    { requiredApprovals: null },
    { approvalTimeoutSeconds: 59 },
    { requiredapprovals: 1 },
    { allowedBranches: [] },
    { allowedBranches: 'main' },
    { allowedBranches: ['a b'] },
    { allowedBranches: [1] },
    { approvers: { role: 'boss' } },
    { approvers: { role: null } },
    { approvers: { group: 'x' } },
    { approvers: { users: ['anna@example.test'] } },
    { approvers: null },
    { requiredApprovals: 1, approvers: {} },
    { requiredApprovals: 2, approvers: { users: [user] } },
    [],
    'none',
  ])('%j is one to the database when it is one to the API', async (candidate) => {
    const [row] = await owned('select private.is_protection($1) as valid', [JSON.stringify(candidate)]);
    expect(row?.valid).toBe(protectionSchema.safeParse(candidate).success);
  });

  it('names members only, and whoever left since stays named', async () => {
    const of = (users: string[]) => guarded({ requiredApprovals: 1, approvers: { users } });
    await expect(of([world.outsider])).rejects.toMatchObject({ code: 'PT422', message: 'party_not_member' });
    const soon = await newMember('viewer');
    const environment = await of([soon]);
    await leave(soon);
    const more = (users: string[]) =>
      owned(
        `update public.environments set protection = jsonb_set(protection, '{approvers,users}', $2) where id = $1`,
        [environment, JSON.stringify(users)],
      );
    await more([soon, world.viewer]);
    await expect(more([soon, world.outsider])).rejects.toMatchObject({ message: 'party_not_member' });
  });

  const patterns = [
    'main',
    '*',
    '**',
    'release/*',
    'release/**',
    'a*b',
    'v1.0',
    'a+b',
    'x[1]',
    '(y)',
    'a|b',
    'ü*',
    '\\d',
    '$',
  ];
  const refs = [
    'main',
    'mainly',
    'release/1',
    'release/1/2',
    'release/',
    'ab',
    'a/b',
    'a-b',
    'v1.0',
    'v1x0',
    'aab',
    'a+b',
    'x[1]',
    'x1',
    '(y)',
    'y',
    'a',
    'über',
    '\\d',
    '5',
    '$',
    '',
  ];
  it('matches refs as the contracts do', async () => {
    const rows = await owned(
      'select r, p, private.ref_matches(r, p) as matches from unnest($1::text[]) r, unnest($2::text[]) p',
      [refs, patterns],
    );
    expect(rows.filter(({ r, p, matches }) => refMatches(r, p) !== matches)).toEqual([]);
    expect(rows.filter(({ matches }) => matches).length).toBeGreaterThan(patterns.length);
    expect(refMatches('release/1/2', 'release/*')).toBe(false);
  });
});

describe('who may deploy what', () => {
  it('only the deployers: by role, by name, a token as far as its scope', async () => {
    const environment = await guarded({ deployers: { role: 'admin', users: [world.member] } });
    const other = await newMember('member');
    await expect(deploy(environment, { by: other })).rejects.toMatchObject({
      code: 'PT403',
      message: 'environment_protected',
      hint: `See who: sfp environment get ${environment}`,
    });
    expect((await deploy(environment)).status).toBe('queued');
    expect((await deploy(environment, { by: world.owner })).status).toBe('queued');
    const token = async (of: string, scope: string) => {
      const [made] = await owned(
        `insert into public.application_tokens (account_id, user_id, name, hint, scope) values ($1, $2, 't', 'h', $3) returning id`,
        [world.account, of, scope],
      );
      return { app_token_id: String(made?.id), app_account_id: world.account };
    };
    const byToken = async (of: string, scope: string) =>
      as(of, insertDeployment, [world.account, world.project, environment, 'main'], await token(of, scope));
    await expect(byToken(world.owner, 'deploy')).rejects.toMatchObject({ message: 'environment_protected' });
    expect((await byToken(world.owner, 'manage'))[0]?.status).toBe('queued');
    // By name: the scope has to allow a deployment, no more.
    expect((await byToken(world.member, 'deploy'))[0]?.status).toBe('queued');
    const frozen = await guarded({ deployers: {} });
    await expect(deploy(frozen, { by: world.owner })).rejects.toMatchObject({ message: 'environment_protected' });
  });

  it('the platform deploys on behalf of who may, and on nobody’s not at all', async () => {
    const environment = await guarded({ deployers: { users: [world.member] } });
    const onBehalf = (user: string | null) =>
      service(
        `insert into public.deployments (account_id, project_id, environment_id, ref, requested_by)
         values ($1, $2, $3, 'main', $4) returning status`,
        [world.account, world.project, environment, user],
      );
    expect(await onBehalf(world.member)).toEqual([{ status: 'queued' }]);
    for (const user of [world.admin, null]) {
      await expect(onBehalf(user)).rejects.toMatchObject({ message: 'environment_protected' });
    }
  });

  it('only from the branches; what is built goes by its build’s ref, when that was a branch', async () => {
    const environment = await guarded({ allowedBranches: ['main', 'release/*'] });
    expect(await deploy(environment, { ref: 'release/2' })).toMatchObject({ branch_only: true });
    await expect(deploy(environment, { ref: 'feature' })).rejects.toMatchObject({
      code: 'PT409',
      message: 'branch_not_allowed',
      detail: expect.stringMatching(/main, release\/\*, not feature/),
    });
    const built = async (ref: string, kind: string) => {
      const [made] = await owned(
        `insert into public.builds (account_id, project_id, ref) values ($1, $2, $3) returning id, task_id`,
        [world.account, world.project, ref],
      );
      await owned(`update public.builds set metadata = jsonb_build_object('refKind', $2::text) where id = $1`, [
        made?.id,
        kind,
      ]);
      await service(`select public.start_task($1, 'run', 'w', 60)`, [made?.task_id]);
      await owned(`update public.builds set status = 'succeeded' where id = $1`, [made?.id]);
      return made?.id;
    };
    const deployBuild = async (build: string) =>
      as(
        world.member,
        `insert into public.deployments (account_id, project_id, environment_id, build_id) values ($1, $2, $3, $4) returning ref`,
        [world.account, world.project, environment, build],
      );
    expect(await deployBuild(await built('main', 'branch'))).toEqual([{ ref: 'main' }]);
    await expect(deployBuild(await built('main', 'tag'))).rejects.toMatchObject({ message: 'ref_not_a_branch' });
    await expect(deployBuild(await built('feature', 'branch'))).rejects.toMatchObject({
      message: 'branch_not_allowed',
    });
  });

  it('who may not even see the environment learns nothing of its rules', async () => {
    const environment = await guarded({ deployers: {}, allowedBranches: ['secret-branch'] });
    for (const by of [world.outsider, world.viewer]) {
      await expect(deploy(environment, { by, ref: 'x' })).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('a deployment that needs approvals', () => {
  it('waits, is there to watch, and is not dispatched before the last of them', async () => {
    const made = await waiting({ requiredApprovals: 2, approvalTimeoutSeconds: 3_600 });
    expect(made).toMatchObject({ status: 'awaiting_approval', approval_status: 'pending', required_approvals: 2 });
    expect((await taskOf(made.task_id)).status).toBe('waiting');
    expect(await outboxOf(made.task_id)).toEqual([]);
    expect(await decide(world.admin, made.id)).toMatchObject({ status: 'awaiting_approval' });
    // A second time is no second approval.
    expect(await decide(world.admin, made.id)).toMatchObject({ status: 'awaiting_approval' });
    expect(await decide(world.owner, made.id)).toMatchObject({ status: 'queued', approval_status: 'approved' });
    expect((await taskOf(made.task_id)).status).toBe('queued');
    expect(await outboxOf(made.task_id)).toEqual([{ kind: 'task.dispatch' }]);
    expect(await notesOf(made.task_id)).toEqual([
      expect.stringMatching(/^Waiting for 2 approvals, until .* UTC\.$/),
      expect.stringMatching(/^Approved by .* \(1 of 2\)\.$/),
      expect.stringMatching(/^Approved by .* \(1 of 2\)\.$/),
      expect.stringMatching(/^Approved by .* \(2 of 2\)\.$/),
    ]);
    await expect(decide(world.owner, made.id)).rejects.toMatchObject({ message: 'nothing_to_approve' });
  });

  it('is decided on by none but its approvers, never by who asked, never by a token', async () => {
    const made = await waiting({ requiredApprovals: 1, approvers: { role: 'member' } }, world.admin);
    await expect(decide(world.admin, made.id)).rejects.toMatchObject({ code: 'PT403', message: 'own_deployment' });
    await expect(decide(world.admin, made.id, 'rejected')).rejects.toMatchObject({ message: 'own_deployment' });
    await expect(decide(world.viewer, made.id)).rejects.toMatchObject({ code: 'PT403', message: 'not_an_approver' });
    await expect(decide(world.outsider, made.id)).rejects.toMatchObject({ code: 'PT404' });
    const [token] = await owned(
      `insert into public.application_tokens (account_id, user_id, name, hint, scope) values ($1, $2, 't', 'h', 'full') returning id`,
      [world.account, world.owner],
    );
    const claims = { app_token_id: String(token?.id), app_account_id: world.account };
    await expect(decide(world.owner, made.id, 'approved', claims)).rejects.toMatchObject({
      message: 'person_required',
    });
    const byViewer = await waiting({ requiredApprovals: 1, approvers: { users: [world.viewer] } });
    await expect(decide(world.owner, byViewer.id)).rejects.toMatchObject({ message: 'not_an_approver' });
    expect(await decide(world.viewer, byViewer.id)).toMatchObject({ status: 'queued' });
    expect(await decide(world.member, made.id)).toMatchObject({ status: 'queued' });
  });

  it('ends with a rejection, for good, and says by whom and why', async () => {
    const made = await waiting({ requiredApprovals: 2 });
    await decide(world.owner, made.id);
    const [rejected] = await as(world.admin, `select * from public.decide_deployment($1, 'rejected', ' not now ')`, [
      made.id,
    ]);
    expect(rejected).toMatchObject({
      status: 'rejected',
      failure: { code: 'deployment_rejected', detail: 'not now', message: expect.stringContaining('Rejected by') },
    });
    expect(await taskOf(made.task_id)).toMatchObject({ status: 'cancelled', failure: { code: 'deployment_rejected' } });
    for (const decision of ['approved', 'rejected']) {
      await expect(decide(world.owner, made.id, decision)).rejects.toMatchObject({ message: 'nothing_to_approve' });
    }
    await expect(retry(world.member, made.id)).rejects.toMatchObject({ message: 'deployment_not_retryable' });
    expect(await outboxOf(made.task_id)).toEqual([]);
  });

  it('expires, and is not approved after that', async () => {
    const [late, early] = [await waiting(), await waiting()];
    await owned(`update public.deployments set approval_expires_at = now() - interval '1 second' where id = $1`, [
      late.id,
    ]);
    await expect(decide(world.admin, late.id)).rejects.toMatchObject({ code: 'PT409', message: 'approval_expired' });
    expect(await service('select public.expire_approvals() as count')).toEqual([{ count: 1 }]);
    expect(await deploymentOf(late.id)).toMatchObject({ status: 'expired', failure: { code: 'approval_expired' } });
    expect(await deploymentOf(early.id)).toMatchObject({ status: 'awaiting_approval' });
    await expect(decide(world.admin, late.id)).rejects.toMatchObject({ message: 'nothing_to_approve' });
    expect(await service('select public.expire_approvals() as count')).toEqual([{ count: 0 }]);
  });

  it('counts only approvals of who still is an approver', async () => {
    const [gone, demoted] = [await newMember('admin'), await newMember('admin')];
    const made = await waiting({ requiredApprovals: 2 });
    await decide(gone, made.id);
    await leave(gone);
    expect(await decide(demoted, made.id)).toMatchObject({ status: 'awaiting_approval' });
    await owned(`update public.accounts_memberships set role = 'member' where user_id = $1`, [demoted]);
    expect(await decide(world.admin, made.id)).toMatchObject({ status: 'awaiting_approval' });
    const listed = await as(world.viewer, 'select user_id, counts from public.list_approvals($1)', [made.id]);
    expect(listed).toEqual([
      { user_id: gone, counts: false },
      { user_id: demoted, counts: false },
      { user_id: world.admin, counts: true },
    ]);
    expect(await as(world.outsider, 'select * from public.list_approvals($1)', [made.id])).toEqual([]);
    expect(await decide(world.owner, made.id)).toMatchObject({ status: 'queued' });
    // Released is released.
    await owned(`update public.accounts_memberships set role = 'viewer' where user_id = $1`, [world.admin]);
    expect((await taskOf(made.task_id)).status).toBe('queued');
    await owned(`update public.accounts_memberships set role = 'admin' where user_id = $1`, [world.admin]);
  });

  it('holds to what was asked for when it was made', async () => {
    const made = await waiting({ requiredApprovals: 1, approvers: { users: [world.viewer] } });
    await owned(`update public.environments set protection = '{}' where id = $1`, [made.environment_id]);
    expect((await deploymentOf(made.id)).status).toBe('awaiting_approval');
    await expect(decide(world.owner, made.id)).rejects.toMatchObject({ message: 'not_an_approver' });
    expect(await decide(world.viewer, made.id)).toMatchObject({ status: 'queued' });
    const open = await deploy(made.environment_id);
    await owned(`update public.environments set protection = '{"requiredApprovals": 1}' where id = $1`, [
      made.environment_id,
    ]);
    expect((await deploymentOf(open.id)).status).toBe('queued');
  });

  it('cancelled while it waits, and tried again, waits again with none of its approvals', async () => {
    const made = await waiting({ requiredApprovals: 2, approvalTimeoutSeconds: 3_600 });
    await decide(world.admin, made.id);
    await cancel(world.member, made.task_id);
    expect(await deploymentOf(made.id)).toMatchObject({ status: 'cancelled', approval_status: 'pending' });
    await expect(decide(world.owner, made.id)).rejects.toMatchObject({ message: 'nothing_to_approve' });
    expect(await service('select public.expire_approvals() as count')).toEqual([{ count: 0 }]);
    await owned(`update public.deployments set approval_expires_at = now() - interval '1 day' where id = $1`, [
      made.id,
    ]);
    const again = await retry(world.admin, made.id);
    expect(again).toMatchObject({ status: 'waiting' });
    expect(await outboxOf(again.id)).toEqual([]);
    const now = await deploymentOf(made.id);
    expect(now).toMatchObject({ status: 'awaiting_approval', requested_by: world.admin, task_id: again.id });
    expect(now.approval_expires_at.getTime()).toBeGreaterThan(Date.now());
    // Who asked again is who asks: no approval of their own deployment.
    await expect(decide(world.admin, made.id)).rejects.toMatchObject({ message: 'own_deployment' });
    await owned(`update public.environments set protection = '{"requiredApprovals": 3}' where id = $1`, [
      made.environment_id,
    ]);
    await cancel(world.member, again.id);
    await retry(world.member, made.id);
    expect(await deploymentOf(made.id)).toMatchObject({ required_approvals: 3, status: 'awaiting_approval' });
  });

  it('what an environment asks for by now holds for a retry', async () => {
    const environment = await guarded({});
    const made = await deploy(environment);
    await cancel(world.member, made.task_id);
    const protect = (protection: Protection) =>
      owned('update public.environments set protection = $2 where id = $1', [environment, protection]);
    await protect({ requiredApprovals: 1 });
    await expect(retry(world.member, made.id)).rejects.toMatchObject({ message: 'approval_required' });
    await protect({ deployers: { role: 'owner' } });
    await expect(retry(world.member, made.id)).rejects.toMatchObject({ message: 'environment_protected' });
    await protect({ allowedBranches: ['release/*'] });
    await expect(retry(world.member, made.id)).rejects.toMatchObject({ message: 'branch_not_allowed' });
    await protect({ allowedBranches: ['main'] });
    await retry(world.member, made.id);
    expect(await deploymentOf(made.id)).toMatchObject({ status: 'queued', branch_only: true });
  });

  it('goes with its environment', async () => {
    const made = await waiting();
    await decide(world.admin, (await waiting({ requiredApprovals: 2 })).id);
    await as(world.admin, 'delete from public.environments where id = $1', [made.environment_id]);
    expect(await deploymentOf(made.id)).toBeUndefined();
    expect(await taskOf(made.task_id)).toBeUndefined();
    await expect(decide(world.owner, made.id)).rejects.toMatchObject({ code: 'PT404' });
  });
});

describe('a client that writes to the tables', () => {
  it('gets past nothing', async () => {
    const made = await waiting();
    const environment = made.environment_id;
    const forged = (columns: string, values: string) =>
      as(
        world.owner,
        `insert into public.deployments (account_id, project_id, environment_id, ref, ${columns}) values ($1, $2, $3, 'main', ${values})`,
        [world.account, world.project, environment],
      );
    for (const [columns, values] of [
      ['approval_status', `'approved'`],
      ['required_approvals', '0'],
      ['approvers', `'{"role": "viewer"}'`],
      ['approval_expires_at', 'null'],
      ['branch_only', 'false'],
      ['timeout_seconds', '99999'],
      ['requested_by', `'${world.viewer}'`],
    ] as const) {
      await expect(forged(columns, values), columns).rejects.toMatchObject({ code: '42501' });
    }
    for (const sql of [
      `update public.deployments set approval_status = 'approved' where id = '${made.id}'`,
      `update public.deployments set requested_by = null where id = '${made.id}'`,
      `update public.tasks set status = 'queued' where id = '${made.task_id}'`,
      `insert into public.deployment_approvals (account_id, deployment_id, user_id, decision) values ('${world.account}', '${made.id}', '${world.owner}', 'approved')`,
      `delete from public.deployment_approvals where deployment_id = '${made.id}'`,
      `update public.deployment_approvals set decision = 'approved'`,
      'select public.expire_approvals()',
      `select private.protect_deployment(d) from public.deployments d`,
    ]) {
      await expect(as(world.owner, sql), sql).rejects.toMatchObject({ code: '42501' });
    }
    // A task of its own that claims to be of this deployment is not theirs to make either.
    await expect(
      as(world.owner, `insert into public.tasks (account_id, deployment_id, type) values ($1, $2, 'deployment')`, [
        world.account,
        made.id,
      ]),
    ).rejects.toMatchObject({ code: '42501' });
    expect(await deploymentOf(made.id)).toMatchObject({ status: 'awaiting_approval' });
    // And what the platform's own key may write moves along the table of legal moves.
    await decide(world.admin, made.id, 'rejected');
    await expect(
      service(`update public.deployments set approval_status = 'approved' where id = $1`, [made.id]),
    ).rejects.toMatchObject({ message: 'illegal_transition' });
  });
});

describe('at the same moment', () => {
  type Move = (deployment: { id: string; task_id: string }) => Promise<unknown>;
  const approve: Move = ({ id }) => decide(world.admin, id);
  const approveToo: Move = ({ id }) => decide(world.owner, id);
  const reject: Move = ({ id }) => decide(world.owner, id, 'rejected');
  const stop: Move = ({ task_id }) => cancel(world.member, task_id);
  const expire: Move = async ({ id }) => {
    await owned(
      `update public.deployments set approval_expires_at = now() where id = $1 and status = 'awaiting_approval'`,
      [id],
    );
    await service('select public.expire_approvals()');
  };
  const again: Move = ({ id }) => retry(world.member, id);

  it.each([
    ['two approvals', 2, [approve, approveToo], ['queued']],
    ['approve and reject', 1, [approve, reject], ['queued', 'rejected']],
    ['approve and cancel', 1, [approve, stop], ['queued', 'cancelled']],
    ['approve and expire', 1, [approve, expire], ['queued', 'expired']],
    [
      'all of them',
      1,
      [approve, reject, stop, expire, again],
      ['queued', 'rejected', 'cancelled', 'expired', 'awaiting_approval'],
    ],
  ] as const)(
    '%s: each deployment ends in one legal state',
    { timeout: 120_000 },
    async (_, required, moves, allowed) => {
      const environment = await guarded({ requiredApprovals: required });
      const seen = new Set<string>();
      for (let round = 0; round < 60; round += 1) {
        const made = await deploy(environment);
        const ends = await Promise.allSettled(moves.map((move) => move(made)));
        for (const end of ends) {
          // Refused in words, or done; never a deadlock, never something else.
          if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: expect.stringMatching(/^PT409$/) });
        }
        // A sweep passes over what somebody is deciding on; the next one does not find it held.
        await service('select public.expire_approvals()');
        const now = await deploymentOf(made.id);
        const task = await taskOf(now.task_id);
        seen.add(now.status);
        expect(allowed).toContain(now.status);
        const dispatched = (await outboxOf(now.task_id)).filter(({ kind }) => kind === 'task.dispatch').length;
        const expected = { queued: 'queued', awaiting_approval: 'waiting' } as Record<string, string>;
        expect([now.status, task.status, dispatched]).toEqual([
          now.status,
          expected[now.status] ?? 'cancelled',
          now.status === 'queued' ? 1 : 0,
        ]);
        if (now.status === 'queued') expect(now.approval_status).toBe('approved');
      }
      expect(seen.size).toBeGreaterThan(0);
    },
  );
});
