import { randomBytes } from 'node:crypto';
import type { Actor, TableName, Verb } from '../../contracts/permissions.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { World } from './world.ts';

type Row = Record<string, unknown>;

/** How a row of a table is made, found, changed and inserted. */
export interface Sample {
  /** Makes one in the world's account; what finds it. */
  existing(world: World, actor: Actor, verb: Verb): Promise<Row>;
  /** What an insert sends. */
  fresh(world: World): Promise<Row> | Row;
  patch: Row;
}

const slug = (): string => `s-${randomBytes(6).toString('hex')}`;
let lastSeq = 1_000;
const later = '2099-01-01T00:00:00Z';

export const samples: Record<TableName, Sample> = {
  accounts: {
    // A token knows only its own account; nobody else's hands are on one that may be deleted.
    existing: async (world, actor, verb) => ({
      id: verb === 'delete' && !actor.startsWith('token:') ? await world.twinAccount() : world.account,
    }),
    fresh: () => ({ slug: slug(), name: 'New' }),
    patch: { name: 'Renamed' },
  },
  accounts_memberships: {
    existing: async (world) => ({ account_id: world.account, user_id: (await world.newMember()).id }),
    fresh: async (world) => ({ account_id: world.account, user_id: (await world.newUser()).id, role: 'member' }),
    patch: { role: 'member' },
  },
  projects: {
    existing: async (world) => ({
      id: (
        await world.insert(
          `insert into public.projects (account_id, slug, name, repository_url) values ($1, $2, 'P', '/p') returning id`,
          [world.account, slug()],
        )
      ).id,
    }),
    fresh: (world) => ({ account_id: world.account, slug: slug(), name: 'P', repository_url: '/p' }),
    patch: { name: 'Renamed' },
  },
  environments: {
    existing: async (world) => ({
      id: (
        await world.insert(
          `insert into public.environments (project_id, slug, name) values ($1, $2, 'E') returning id`,
          [world.project, slug()],
        )
      ).id,
    }),
    fresh: (world) => ({ account_id: world.account, project_id: world.project, slug: slug(), name: 'E' }),
    patch: { name: 'Renamed' },
  },
  integrations: {
    existing: async (world) => ({ id: await world.newIntegration() }),
    fresh: (world) => ({ account_id: world.account, project_id: world.project, name: slug() }),
    patch: { enabled: false },
  },
  deployments: {
    existing: async (world, _, verb) => ({
      id: verb === 'delete' ? (await world.newDeployment()).id : world.deployment.id,
    }),
    fresh: (world) => ({ environment_id: world.environment, ref: 'main' }),
    patch: { commit_sha: 'abc' },
  },
  tasks: {
    existing: async (world, _, verb) => ({ id: verb === 'delete' ? await world.newTask() : world.task }),
    fresh: (world) => ({ account_id: world.account, type: 'noop' }),
    patch: { worker: 'x' },
  },
  task_events: {
    existing: async (world) =>
      world.insert(
        `insert into public.task_events (task_id, account_id, seq, attempt, kind) values ($1, $2, $3, 1, 'note') returning task_id, seq`,
        [world.task, world.account, ++lastSeq],
      ),
    fresh: (world) => ({ task_id: world.task, account_id: world.account, seq: ++lastSeq, attempt: 1, kind: 'note' }),
    patch: { kind: 'log' },
  },
  // Released, so that any number of them may name the same task.
  environment_allocations: {
    existing: async (world) =>
      world.insert(
        `insert into public.environment_allocations (environment_id, account_id, task_id, lease_expires_at, released_at)
         values ($1, $2, $3, now(), now()) returning id`,
        [world.environment, world.account, world.task],
      ),
    fresh: (world) => ({
      environment_id: world.environment,
      account_id: world.account,
      task_id: world.task,
      lease_expires_at: later,
      released_at: later,
    }),
    patch: { released_at: later },
  },
  application_tokens: {
    existing: async (world) => ({ id: await world.newToken() }),
    fresh: (world) => ({ account_id: world.account, user_id: world.people.admin.id, name: 'forged', hint: 'sfp_at_' }),
    patch: { name: 'renamed' },
  },
  invitations: {
    existing: async (world) => ({ id: (await world.newInvitation(world.account, `${slug()}@example.test`)).id }),
    fresh: (world) => ({
      account_id: world.account,
      email: `${slug()}@example.test`,
      role: 'owner',
      hint: 'sfp_inv_',
      expires_at: later,
    }),
    patch: { role: 'member' },
  },
  audit_log: {
    existing: async (world) =>
      world.insert('select id from public.audit_log where account_id = $1 order by id limit 1', [world.account]),
    fresh: (world) => ({ account_id: world.account, actor_role: 'x', action: 'insert', subject_type: 'forged' }),
    patch: { action: 'forged' },
  },
};

const methods = { select: 'GET', insert: 'POST', update: 'PATCH', delete: 'DELETE' } as const;

/** One request to REST, as this actor. */
export async function askRest(
  { stack, restToken }: World,
  actor: Actor,
  request: { verb: Verb; table: string; filter?: Row; body?: Row; schema?: string },
): Promise<{ status: number; body: unknown }> {
  const { verb, table, filter = {}, body, schema = 'public' } = request;
  const url = new URL(`${stack.url}/rest/v1/${table}`);
  for (const [column, value] of Object.entries(filter)) url.searchParams.set(column, `eq.${String(value)}`);
  const token = restToken(actor);
  const { secretKey, publishableKey } = stack.context.secrets;
  const response = await fetch(url, {
    method: methods[verb],
    headers: {
      apikey: actor === 'service_role' ? secretKey : publishableKey,
      ...(token === undefined || actor === 'service_role' ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      prefer: 'return=representation',
      'accept-profile': schema,
      'content-profile': schema,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** Tries it: allowed when the row came back. */
export async function tryTable(world: World, table: TableName, verb: Verb, actor: Actor): Promise<Outcome> {
  const sample = samples[table];
  const request =
    verb === 'insert'
      ? { body: await sample.fresh(world) }
      : {
          filter: await sample.existing(world, actor, verb),
          ...(verb === 'update' ? { body: sample.patch } : {}),
        };
  const { status, body } = await askRest(world, actor, { verb, table, ...request });
  return outcomeOf(status, body, Array.isArray(body) && body.length === 1);
}
