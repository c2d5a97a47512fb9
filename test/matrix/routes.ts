import { randomBytes } from 'node:crypto';
import { type Actor, actors, type RouteName } from '../../contracts/permissions.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { World } from './world.ts';

/** One request of a route, about something of the world's account. */
interface Call {
  /** The path that is called, when it is not the route's name. */
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** In the place of the actor's. */
  token?: string | undefined;
  /** Statuses that mean yes beside 2xx. */
  also?: readonly number[];
  /** What a list has to hold to count as allowed. */
  item?: (item: Record<string, unknown>) => boolean;
}
type Probe = (world: World, actor: Actor) => Promise<Call> | Call;

const slug = (): string => `s-${randomBytes(6).toString('hex')}`;
const address = (): string => `${slug()}@example.test`;
const anyVersion = { 'if-match': '*' };
const of = (world: World, path: string): string => `${path}?accountId=${world.account}`;
const ofAccount = (world: World) => (item: Record<string, unknown>) => item.accountId === world.account;

/** A person's own session beside the one that the matrix works with, for what ends it or uses it up. */
async function session({ stack, people }: World, actor: Actor) {
  const { email, password } = Object.entries(people).find(([name]) => name === actor)?.[1] ?? people.owner;
  const response = await fetch(`${stack.url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: stack.context.secrets.publishableKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { access_token: accessToken, refresh_token: refreshToken } = (await response.json()) as Record<string, string>;
  return { accessToken, refreshToken };
}
const isPerson = (actor: Actor): boolean => ['outsider', 'viewer', 'member', 'admin', 'owner'].includes(actor);

export const probes: Record<RouteName, Probe> = {
  'GET /health/live': () => ({}),
  // The engine is not part of this stack: down is the answer, not a refusal.
  'GET /health': () => ({ also: [503] }),
  'GET /version': () => ({}),
  'GET /config': () => ({}),
  'GET /openapi.json': () => ({}),
  'GET /docs': () => ({}),
  'GET /invite': () => ({}),
  'POST /auth/login': ({ people }, actor) => {
    // Not one of them for all: logging in as the same is limited.
    const users = Object.values(people);
    const { email, password } = users[actors.indexOf(actor) % users.length] ?? people.owner;
    return { body: { email, password } };
  },
  'POST /auth/refresh': async (world, actor) => ({
    body: { refreshToken: (await session(world, actor)).refreshToken },
  }),
  'POST /auth/token': (world) => ({ body: { token: world.apiToken('token:read') } }),
  'POST /invitations/preview': async (world) => ({
    body: { code: (await world.newInvitation(world.account, address())).code },
  }),
  'POST /invitations/sign-up': async (world) => ({
    body: { code: (await world.newInvitation(await world.twinAccount(), address())).code, password: 'a new password' },
  }),
  'POST /internal/dispatch': () => ({ body: {} }),
  'POST /auth/logout': async (world, actor) =>
    isPerson(actor) ? { token: (await session(world, actor)).accessToken } : {},
  'GET /me': () => ({}),
  'GET /accounts': (world) => ({ item: ({ id }) => id === world.account }),
  'POST /accounts': () => ({ body: { slug: slug(), name: 'New' } }),
  'GET /members': (world) => ({ path: of(world, '/members'), item: ofAccount(world) }),
  'GET /members/{user}': (world) => ({ path: of(world, `/members/${world.people.viewer.id}`) }),
  'PATCH /members/{user}': async (world) => ({
    path: of(world, `/members/${(await world.newMember()).id}`),
    headers: anyVersion,
    body: { role: 'member' },
  }),
  'DELETE /members/{user}': async (world) => ({ path: of(world, `/members/${(await world.newMember()).email}`) }),
  'GET /invitations': async (world) => {
    const { id } = await world.newInvitation(world.account, address());
    return { path: of(world, '/invitations'), item: (item) => item.id === id };
  },
  'POST /invitations': (world) => ({ body: { accountId: world.account, email: address() } }),
  'POST /invitations/{id}/resend': async (world) => ({
    path: `/invitations/${(await world.newInvitation(world.account, address())).id}/resend`,
    body: {},
  }),
  'DELETE /invitations/{id}': async (world) => ({
    path: `/invitations/${(await world.newInvitation(world.account, address())).id}`,
  }),
  'POST /invitations/accept': async (world, actor) => {
    const { email } = Object.entries(world.people).find(([name]) => name === actor)?.[1] ?? world.people.owner;
    return { body: { code: (await world.newInvitation(await world.twinAccount(), email)).code } };
  },
  'GET /audit': (world) => ({ path: of(world, '/audit'), item: ofAccount(world) }),
  'GET /projects': (world) => ({ item: ({ id }) => id === world.project }),
  'POST /projects': (world) => ({ body: { accountId: world.account, slug: slug(), repositoryUrl: '/p' } }),
  'GET /projects/{idOrSlug}': (world) => ({ path: `/projects/${world.project}` }),
  'PATCH /projects/{idOrSlug}': (world) => ({
    path: `/projects/${world.project}`,
    headers: anyVersion,
    body: { name: 'Renamed' },
  }),
  'GET /projects/{idOrSlug}/environments': (world) => ({
    path: `/projects/${world.project}/environments`,
    item: ({ id }) => id === world.environment,
  }),
  'POST /projects/{idOrSlug}/environments': (world) => ({
    path: `/projects/${world.project}/environments`,
    body: { slug: slug() },
  }),
  'GET /environments/{id}': (world) => ({ path: `/environments/${world.environment}` }),
  'PATCH /environments/{id}': (world) => ({
    path: `/environments/${world.environment}`,
    headers: anyVersion,
    body: { name: 'Renamed' },
  }),
  'GET /integrations': async (world) => {
    const id = await world.newIntegration();
    return { path: of(world, '/integrations'), item: (item) => item.id === id };
  },
  'POST /integrations': (world) => ({ body: { project: world.project, name: slug() } }),
  'GET /integrations/{id}': async (world) => ({ path: `/integrations/${await world.newIntegration()}` }),
  'PATCH /integrations/{id}': async (world) => ({
    path: `/integrations/${await world.newIntegration()}`,
    headers: anyVersion,
    body: { enabled: false },
  }),
  'DELETE /integrations/{id}': async (world) => ({ path: `/integrations/${await world.newIntegration()}` }),
  'PUT /integrations/{id}/secret': async (world) => ({
    path: `/integrations/${await world.newIntegration()}/secret`,
    headers: anyVersion,
    body: { value: 'a new secret' },
  }),
  'GET /deployments': (world) => ({ item: ofAccount(world) }),
  'POST /deployments': (world) => ({ body: { project: world.project, environment: world.environment } }),
  'GET /deployments/{id}': (world) => ({ path: `/deployments/${world.deployment.id}` }),
  'POST /deployments/{id}/cancel': async (world) => ({
    path: `/deployments/${(await world.newDeployment()).id}/cancel`,
  }),
  'POST /deployments/{id}/retry': async (world) => {
    const { id, task_id } = await world.newDeployment();
    const { error } = await world.stack.service.rpc('cancel_task', { p_task_id: task_id });
    if (error !== null) throw error;
    return { path: `/deployments/${id}/retry` };
  },
  'GET /tasks': (world) => ({ item: ofAccount(world) }),
  'GET /tasks/{id}': (world) => ({ path: `/tasks/${world.task}` }),
  'GET /tasks/{id}/events': (world) => ({ path: `/tasks/${world.deployment.task_id}/events`, item: () => true }),
  'POST /tasks/{id}/cancel': async (world) => ({ path: `/tasks/${await world.newTask()}/cancel` }),
  'GET /tokens': async (world) => {
    const id = await world.newToken();
    return { item: (item) => item.id === id };
  },
  'POST /tokens': (world) => ({ body: { accountId: world.account, name: 'new' } }),
  'DELETE /tokens/{id}': async (world) => ({ path: `/tokens/${await world.newToken()}` }),
};

export async function tryRoute(world: World, name: RouteName, actor: Actor): Promise<Outcome> {
  const [method = '', route = ''] = name.split(' ');
  const call = await probes[name](world, actor);
  const { status, body } = await world.stack.call(method, call.path ?? route, {
    token: call.token ?? world.apiToken(actor),
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.headers === undefined ? {} : { headers: call.headers }),
  });
  if (call.also?.includes(status)) return true;
  const holds = call.item === undefined || (Array.isArray(body?.items) && body.items.some(call.item));
  return outcomeOf(status, body, holds);
}
