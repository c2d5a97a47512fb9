import { type AccountRole, accountRoles } from '../account.ts';
import { scopeCeiling, type TokenScope, tokenScopes } from '../application-token.ts';

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

export const anybody: Rule = { from: 'anon', tokens: true, service: true };
export const service: Rule = { from: 'nobody', tokens: false, service: true };
export const nobody: Rule = { from: 'nobody', tokens: false, service: false };
export const atLeast = (from: AccountRole | 'user'): Rule => ({ from, tokens: true, service: true });
/** Never an application token: it must not be able to let anybody in. */
export const people = (from: AccountRole | 'user'): Rule => ({ from, tokens: false, service: true });
/** Where `service_role` is no caller: on the API, and for functions that act as the user who calls. */
export const asUser = (rule: Rule): Rule => ({ ...rule, service: false });

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
