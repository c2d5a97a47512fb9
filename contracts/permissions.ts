import { type AccountRole, accountRoles } from './account.ts';
import { scopeCeiling, type TokenScope, tokenScopes } from './application-token.ts';
import { dispatchTopic, type TopicKind } from './topic.ts';

/**
 * Who may do what, the whole of it. The API's guard asks this table; the policies and grants in the migrations are
 * their own text and are compared with it: `npm run matrix` tries everything here as every actor.
 */

/** Everybody who comes: without a login, signed in and in no account of it, in each role, by an application token of each scope (of an owner), and the platform's own key. */
export const actors = [
  'anon',
  'outsider',
  ...accountRoles,
  ...tokenScopes.map((scope) => `token:${scope}` as const),
  'service_role',
] as const;
export type Actor = (typeof actors)[number];

export interface Rule {
  /** The least that may: a role in the account, `user` (whoever is signed in), `anon` (whoever comes), or nobody. */
  from: AccountRole | 'user' | 'anon' | 'nobody';
  /** An application token may too, when its scope reaches `from`. */
  tokens: boolean;
  /** `service_role` may too. */
  service: boolean;
}

const anybody: Rule = { from: 'anon', tokens: true, service: true };
const service: Rule = { from: 'nobody', tokens: false, service: true };
const nobody: Rule = { from: 'nobody', tokens: false, service: false };
const atLeast = (from: AccountRole | 'user'): Rule => ({ from, tokens: true, service: true });
/** Never an application token: it must not be able to let anybody in. */
const people = (from: AccountRole | 'user'): Rule => ({ from, tokens: false, service: true });
/** Where `service_role` is no caller: on the API, and for functions that act as the user who calls. */
const asUser = (rule: Rule): Rule => ({ ...rule, service: false });

const rank = (role: AccountRole): number => accountRoles.indexOf(role);
const isTokenScope = (text: string): text is TokenScope => tokenScopes.some((scope) => scope === text);
const isRole = (text: string): text is AccountRole => accountRoles.some((role) => role === text);

/** Whether a token of this scope reaches the rule. Its user's role is RLS's matter. */
export function tokenMay(scope: TokenScope, { from, tokens }: Rule): boolean {
  if (from === 'anon') return true;
  if (!tokens || from === 'nobody') return false;
  return from === 'user' || rank(scopeCeiling[scope]) >= rank(from);
}

export function may(actor: Actor, rule: Rule): boolean {
  const { from } = rule;
  if (actor === 'service_role') return rule.service;
  if (actor === 'anon' || from === 'anon') return from === 'anon';
  const [, scope = ''] = actor.split(':');
  if (isTokenScope(scope)) return tokenMay(scope, rule);
  if (from === 'nobody' || from === 'user') return from === 'user';
  return isRole(actor) && rank(actor) >= rank(from);
}

export const verbs = ['select', 'insert', 'update', 'delete'] as const;
export type Verb = (typeof verbs)[number];
export type TableRules = Readonly<Record<Verb, Rule>>;

const readOnly = (from: AccountRole): TableRules => ({
  select: atLeast(from),
  insert: service,
  update: service,
  delete: service,
});
const managed: TableRules = {
  select: atLeast('viewer'),
  insert: atLeast('admin'),
  update: atLeast('admin'),
  delete: atLeast('admin'),
};

/** Tables of `public`, through REST. What is in `private` nobody reaches. */
export const tables = {
  accounts: { select: atLeast('viewer'), insert: service, update: people('owner'), delete: people('owner') },
  // An owner's membership, and making an owner, needs an owner. Everybody may delete their own: leave.
  accounts_memberships: {
    select: atLeast('viewer'),
    insert: people('admin'),
    update: people('admin'),
    delete: people('admin'),
  },
  projects: managed,
  environments: managed,
  // Their secrets are in `private` and come back through nothing.
  integrations: managed,
  deployments: { ...readOnly('viewer'), insert: atLeast('member') },
  tasks: readOnly('viewer'),
  task_events: readOnly('viewer'),
  environment_allocations: readOnly('viewer'),
  // Everybody sees their own.
  application_tokens: readOnly('admin'),
  invitations: readOnly('admin'),
  audit_log: { select: atLeast('admin'), insert: nobody, update: nobody, delete: nobody },
} as const satisfies Record<string, TableRules>;
export type TableName = keyof typeof tables;

/** Roles of the database that an API key or a token makes. */
export type DatabaseRole = 'anon' | 'authenticated' | 'service_role';

/** Who may call which function; what is not here nobody may. What it then does for whom it decides by role itself. */
export const functions: Readonly<Record<string, readonly DatabaseRole[]>> = {
  'public.platform_schema': ['anon', 'authenticated', 'service_role'],
  'public.create_account': ['authenticated'],
  'public.list_members': ['authenticated'],
  'public.create_application_token': ['authenticated'],
  'public.revoke_application_token': ['authenticated', 'service_role'],
  'public.create_invitation': ['authenticated'],
  'public.resend_invitation': ['authenticated'],
  'public.revoke_invitation': ['authenticated'],
  'public.accept_invitation': ['authenticated'],
  'public.set_integration_secret': ['authenticated', 'service_role'],
  'public.cancel_task': ['authenticated', 'service_role'],
  'public.retry_deployment': ['authenticated', 'service_role'],
  // What policies ask.
  'private.member_account_ids': ['authenticated'],
  'private.person_account_ids': ['authenticated'],
  'private.may_join_topic': ['authenticated'],
  // The API server, the dispatcher, the workers.
  'public.find_invitation': ['service_role'],
  'public.resolve_application_token': ['service_role'],
  'public.begin_idempotent': ['service_role'],
  'public.finish_idempotent': ['service_role'],
  'public.ensure_credentials_key': ['service_role'],
  'public.rotate_credentials_key': ['service_role'],
  'public.read_task_credentials': ['service_role'],
  'public.claim_outbox': ['service_role'],
  'public.complete_outbox': ['service_role'],
  'public.fail_outbox': ['service_role'],
  'public.waiting_tasks': ['service_role'],
  'public.redispatch_task': ['service_role'],
  'public.recover_tasks': ['service_role'],
  'public.start_task': ['service_role'],
  'public.append_task_events': ['service_role'],
  'public.finish_task': ['service_role'],
  'public.acquire_environment': ['service_role'],
  'public.release_environment': ['service_role'],
};

/** Functions that signed-in users call through REST, and for whom they do what they are for. */
export const calls = {
  platform_schema: anybody,
  create_account: asUser(people('user')),
  list_members: asUser(atLeast('viewer')),
  create_application_token: asUser(people('member')),
  revoke_application_token: atLeast('admin'),
  create_invitation: asUser(people('admin')),
  resend_invitation: asUser(people('admin')),
  revoke_invitation: asUser(people('admin')),
  accept_invitation: asUser(people('user')),
  set_integration_secret: atLeast('admin'),
  cancel_task: atLeast('member'),
  retry_deployment: atLeast('member'),
} as const satisfies Record<string, Rule>;
export type CallName = keyof typeof calls;

/** Routes of the API, below /api/v1. A list is allowed to whoever finds the account's things in it. */
export const routes = {
  'GET /health/live': anybody,
  'GET /health': anybody,
  'GET /version': anybody,
  'GET /config': anybody,
  'GET /openapi.json': anybody,
  'GET /docs': anybody,
  'GET /invite': anybody,
  'POST /auth/login': anybody,
  'POST /auth/refresh': anybody,
  'POST /auth/token': anybody,
  // Whoever holds the code.
  'POST /invitations/preview': anybody,
  'POST /invitations/sign-up': anybody,
  // The database alone, by a secret of its own.
  'POST /internal/dispatch': nobody,
  'POST /auth/logout': asUser(people('user')),
  'GET /me': asUser(atLeast('user')),
  'GET /accounts': asUser(atLeast('viewer')),
  'POST /accounts': asUser(people('user')),
  'GET /members': asUser(atLeast('viewer')),
  'GET /members/{user}': asUser(atLeast('viewer')),
  'PATCH /members/{user}': asUser(people('admin')),
  'DELETE /members/{user}': asUser(people('admin')),
  'GET /invitations': asUser(atLeast('admin')),
  'POST /invitations': asUser(people('admin')),
  'POST /invitations/{id}/resend': asUser(people('admin')),
  'DELETE /invitations/{id}': asUser(people('admin')),
  'POST /invitations/accept': asUser(people('user')),
  'GET /audit': asUser(atLeast('admin')),
  'GET /projects': asUser(atLeast('viewer')),
  'POST /projects': asUser(atLeast('admin')),
  'GET /projects/{idOrSlug}': asUser(atLeast('viewer')),
  'PATCH /projects/{idOrSlug}': asUser(atLeast('admin')),
  'GET /projects/{idOrSlug}/environments': asUser(atLeast('viewer')),
  'POST /projects/{idOrSlug}/environments': asUser(atLeast('admin')),
  'GET /environments/{id}': asUser(atLeast('viewer')),
  'PATCH /environments/{id}': asUser(atLeast('admin')),
  'GET /integrations': asUser(atLeast('viewer')),
  'POST /integrations': asUser(atLeast('admin')),
  'GET /integrations/{id}': asUser(atLeast('viewer')),
  'PATCH /integrations/{id}': asUser(atLeast('admin')),
  'DELETE /integrations/{id}': asUser(atLeast('admin')),
  'PUT /integrations/{id}/secret': asUser(atLeast('admin')),
  'GET /deployments': asUser(atLeast('viewer')),
  'POST /deployments': asUser(atLeast('member')),
  'GET /deployments/{id}': asUser(atLeast('viewer')),
  'POST /deployments/{id}/cancel': asUser(atLeast('member')),
  'POST /deployments/{id}/retry': asUser(atLeast('member')),
  'GET /tasks': asUser(atLeast('viewer')),
  'GET /tasks/{id}': asUser(atLeast('viewer')),
  'GET /tasks/{id}/events': asUser(atLeast('viewer')),
  'POST /tasks/{id}/cancel': asUser(atLeast('member')),
  'GET /tokens': asUser(atLeast('admin')),
  'POST /tokens': asUser(people('member')),
  'DELETE /tokens/{id}': asUser(atLeast('admin')),
} as const satisfies Record<string, Rule>;
export type RouteName = keyof typeof routes;

const routeTable: Readonly<Record<string, Rule>> = routes;
/** The rule of a route, or undefined when it has none: then nobody may call it. */
export const routeRule = (method: string, path: string): Rule | undefined => routeTable[`${method} ${path}`];

export interface TopicRules {
  join: Rule;
  /** Sees and shows who else is there. */
  presence: Rule;
  broadcast: Rule;
}
const watched: TopicRules = { join: atLeast('viewer'), presence: service, broadcast: service };

/** Private Realtime topics; every other private topic nobody joins but `service_role`. */
export const topics: Readonly<Record<TopicKind | typeof dispatchTopic, TopicRules>> = {
  task: { ...watched, presence: atLeast('viewer') },
  environment: watched,
  project: watched,
  account: watched,
  [dispatchTopic]: { join: service, presence: service, broadcast: service },
};
