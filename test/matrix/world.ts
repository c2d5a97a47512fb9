import { randomBytes, randomUUID } from 'node:crypto';
import { tokenScopes } from '../../contracts/application-token.ts';
import { invitationHash, newInvitationCode } from '../../contracts/invitation.ts';
import type { Actor } from '../../contracts/permissions/rule.ts';
import { type ServerStack, startServerStack, type User } from '../integration/server/server-stack.ts';

type Person = Extract<Actor, 'outsider' | 'viewer' | 'member' | 'admin' | 'owner'>;

/** A stack with every actor of the permission table, and makers of things in the account that the table is about. */
export interface World {
  stack: ServerStack;
  account: string;
  project: string;
  environment: string;
  /** One of each that nobody changes: what is new goes to the dispatcher, and there is no engine to take it. */
  deployment: { id: string; task_id: string };
  task: string;
  people: Record<Person, User>;
  /** What REST and Realtime get as `Authorization`; anon has none. */
  restToken(actor: Actor): string | undefined;
  /** What the API gets: an application token goes as it is. */
  apiToken(actor: Actor): string | undefined;
  /** Runs SQL as the migrations' role. */
  insert(sql: string, values?: readonly unknown[]): Promise<Record<string, string>>;
  newUser(): Promise<{ id: string; email: string }>;
  newMember(): Promise<{ id: string; email: string }>;
  newDeployment(): Promise<{ id: string; task_id: string }>;
  /** One that waits for an approval. */
  newWaitingDeployment(): Promise<{ id: string; task_id: string }>;
  newAssociation(): Promise<string>;
  newTask(): Promise<string>;
  newToken(): Promise<string>;
  newIntegration(): Promise<string>;
  newSchedule(): Promise<string>;
  /** A ticket of the actor's in the line for the environment. */
  newLock(actor: Actor): Promise<string>;
  newInvitation(account: string, email: string): Promise<{ id: string; code: string }>;
  /** Another account with the same people in the same roles, to be deleted. */
  twinAccount(): Promise<string>;
}

const personNames = ['outsider', 'viewer', 'member', 'admin', 'owner'] as const;

export async function makeWorld(): Promise<World> {
  const stack = await startServerStack(['api']);
  const [outsider, viewer, member, admin, owner] = await Promise.all(personNames.map((name) => stack.user(name)));
  if (!outsider || !viewer || !member || !admin || !owner) throw new Error('no users');
  const people = { outsider, viewer, member, admin, owner };
  const insert: World['insert'] = async (sql, values = []) => {
    const { rows } = await stack.owner.query<Record<string, string>>(sql, [...values]);
    if (rows[0] === undefined) throw new Error(`nothing was inserted: ${sql}`);
    return rows[0];
  };
  const id = async (sql: string, values?: readonly unknown[]): Promise<string> => (await insert(sql, values)).id ?? '';
  const newAccount = (): Promise<string> =>
    id('insert into public.accounts (slug, name) values ($1, $1) returning id', [
      `a-${randomBytes(6).toString('hex')}`,
    ]);
  const join = (accountId: string, userId: string, role: string): Promise<unknown> =>
    insert('insert into public.accounts_memberships (account_id, user_id, role) values ($1, $2, $3) returning role', [
      accountId,
      userId,
      role,
    ]);
  const twinAccount = async (): Promise<string> => {
    const made = await newAccount();
    for (const role of ['viewer', 'member', 'admin', 'owner'] as const) await join(made, people[role].id, role);
    return made;
  };
  await stack.owner.query('select public.ensure_credentials_key()');
  const account = await twinAccount();
  await join(await newAccount(), outsider.id, 'owner');
  const project = await id(
    `insert into public.projects (account_id, slug, name, repository_url) values ($1, 'site', 'Site', '/site') returning id`,
    [account],
  );
  const environment = await id(
    `insert into public.environments (account_id, project_id, slug, name) values ($1, $2, 'dev', 'Dev') returning id`,
    [account, project],
  );
  const guarded = await id(
    `insert into public.environments (account_id, project_id, slug, name, protection)
     values ($1, $2, 'guarded', 'Guarded', '{"requiredApprovals": 1}') returning id`,
    [account, project],
  );

  const tokens = new Map<Actor, { api: string; rest: string }>();
  for (const scope of tokenScopes) {
    const body = { name: scope, scope, accountId: account };
    const made = await stack.call('POST', '/tokens', { token: owner.token, body });
    const exchanged = await stack.call('POST', '/auth/token', { body: { token: made.body.token } });
    tokens.set(`token:${scope}`, { api: made.body.token, rest: exchanged.body.accessToken });
  }
  const tokenOf = (actor: Actor, door: 'api' | 'rest'): string | undefined => {
    if (actor === 'anon') return undefined;
    if (actor === 'service_role') return stack.context.secrets.secretKey;
    const person = personNames.find((name) => name === actor);
    return person === undefined ? tokens.get(actor)?.[door] : people[person].token;
  };

  const newUser: World['newUser'] = async () => {
    const email = `u-${randomUUID()}@example.test`;
    const sql = `insert into auth.users (id, email, aud, role) values (gen_random_uuid(), $1, 'authenticated', 'authenticated') returning id`;
    return { id: await id(sql, [email]), email };
  };
  const newDeployment: World['newDeployment'] = async () => {
    const made = await insert(
      `insert into public.deployments (account_id, project_id, environment_id, ref) values ($1, $2, $3, 'main') returning id, task_id`,
      [account, project, environment],
    );
    return { id: made.id ?? '', task_id: made.task_id ?? '' };
  };
  const newTask = (): Promise<string> =>
    id(`insert into public.tasks (account_id, type) values ($1, 'noop') returning id`, [account]);
  return {
    stack,
    deployment: await newDeployment(),
    task: await newTask(),
    account,
    project,
    environment,
    people,
    restToken: (actor) => tokenOf(actor, 'rest'),
    apiToken: (actor) => tokenOf(actor, 'api'),
    insert,
    newUser,
    async newMember() {
      const user = await newUser();
      await join(account, user.id, 'viewer');
      return user;
    },
    newDeployment,
    async newWaitingDeployment() {
      const made = await insert(
        `insert into public.deployments (account_id, project_id, environment_id, ref) values ($1, $2, $3, 'main') returning id, task_id`,
        [account, project, guarded],
      );
      return { id: made.id ?? '', task_id: made.task_id ?? '' };
    },
    newAssociation: () =>
      id(
        `insert into public.platform_associations (account_id, project_id, host, host_url, repository)
         values ($1, $2, 'github', 'https://github.com', $3) returning id`,
        [account, project, `acme/${randomBytes(6).toString('hex')}`],
      ),
    newTask,
    newToken: () =>
      id(
        `insert into public.application_tokens (account_id, user_id, name, hint) values ($1, $2, 'other', 'sfp_at_abcd') returning id`,
        [account, admin.id],
      ),
    newIntegration: () =>
      id('insert into public.integrations (account_id, name) values ($1, $2) returning id', [
        account,
        `i-${randomBytes(6).toString('hex')}`,
      ]),
    newSchedule: () =>
      id(
        `insert into public.schedules (account_id, project_id, environment_id, name, cron) values ($1, $2, $3, $4, '0 0 1 1 *') returning id`,
        [account, project, environment, `s-${randomBytes(6).toString('hex')}`],
      ),
    newLock(actor) {
      const { id: user, email } = people[personNames.find((name) => name === actor) ?? 'owner'];
      return id(
        `insert into public.environment_allocations
           (environment_id, account_id, user_id, user_email, lease_seconds, wait_seconds, lease_expires_at)
         values ($1, $2, $3, $4, 3600, 3600, now() + interval '1 hour') returning id`,
        [environment, account, user, email],
      );
    },
    async newInvitation(accountId, email) {
      const code = newInvitationCode();
      const made = await id(
        `insert into public.invitations (account_id, email, role, hint, invited_by, expires_at)
         values ($1, $2, 'viewer', 'sfp_inv_abcd', $3, now() + interval '1 day') returning id`,
        [accountId, email, owner.id],
      );
      await stack.owner.query('insert into private.invitation_hashes (invitation_id, hash) values ($1, $2)', [
        made,
        invitationHash(code),
      ]);
      return { id: made, code };
    },
    twinAccount,
  };
}
