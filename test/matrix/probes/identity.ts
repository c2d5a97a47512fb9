import { type Actor, actors } from '../../../contracts/permissions/rule.ts';
import { openLoginPage, shownCode, shownLink } from '../../support/login-page.ts';
import type { World } from '../world.ts';
import { address, anyVersion, of, ofAccount, type Probe, slug } from './probe.ts';

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
/** Not one of them for all: logging in as the same is limited. */
function login({ people }: World, actor: Actor): { email: string; password: string } {
  const users = Object.values(people);
  const { email, password } = users[actors.indexOf(actor) % users.length] ?? people.owner;
  return { email, password };
}
const isPerson = (actor: Actor): boolean => ['outsider', 'viewer', 'member', 'admin', 'owner'].includes(actor);

export const identity = {
  'GET /health/live': () => ({}),
  // The engine is not part of this stack: down is the answer, not a refusal.
  'GET /health': () => ({ also: [503] }),
  'GET /version': () => ({}),
  'GET /config': () => ({}),
  'GET /openapi.json': () => ({}),
  'GET /docs': () => ({}),
  'GET /invite': () => ({}),
  'POST /auth/login': (world, actor) => ({ body: login(world, actor) }),
  'GET /login': ({ stack }) => ({ path: `/login${new URL(shownLink(stack.url).link).search}` }),
  'POST /login': async (world, actor) => {
    const { cookie, fields } = await openLoginPage(shownLink(world.stack.url).link);
    return {
      body: new URLSearchParams({ ...fields, ...login(world, actor) }).toString(),
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    };
  },
  'POST /auth/code': async (world, actor) => {
    const { link, verifier } = shownLink(world.stack.url);
    const { html } = await (await openLoginPage(link)).submit(login(world, actor));
    return { body: { code: shownCode(html), verifier } };
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
  'DELETE /members/{user}': async (world) => ({
    path: of(world, `/members/${(await world.newMember()).email}`),
  }),
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
  'GET /tokens': async (world) => {
    const id = await world.newToken();
    return { item: (item) => item.id === id };
  },
  'POST /tokens': (world) => ({ body: { accountId: world.account, name: 'new' } }),
  'DELETE /tokens/{id}': async (world) => ({ path: `/tokens/${await world.newToken()}` }),
} satisfies Record<string, Probe>;
