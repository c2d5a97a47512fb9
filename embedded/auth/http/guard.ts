import { z } from 'zod';
import { findWithSession } from '../user/find.ts';
import type { User } from '../user/user.ts';
import type { Exchange } from './exchange.ts';
import { badRequest, forbidden } from './failure.ts';

const uuid = z.guid();

export interface Caller {
  user: User;
  /** Null: the token names no session. */
  sessionId: string | null;
}

const callers = new WeakMap<Exchange, Promise<Caller>>();

/** The user of the bearer token, with a session that still exists; found once per request. */
export function caller(exchange: Exchange): Promise<Caller> {
  const known = callers.get(exchange) ?? findCaller(exchange);
  callers.set(exchange, known);
  return known;
}

async function findCaller(exchange: Exchange): Promise<Caller> {
  const { sub, session_id } = await exchange.claims();
  if (sub === '') throw forbidden('bad_jwt', 'invalid claim: missing sub claim');
  if (!uuid.safeParse(sub).success) throw badRequest('bad_jwt', 'invalid claim: sub claim must be a UUID');
  const sessionId = session_id === '' ? null : session_id;
  const usable = sessionId === null || uuid.safeParse(sessionId).success;
  const found = await findWithSession(exchange.service.database, sub, usable ? sessionId : null);
  if (found === undefined) throw forbidden('user_not_found', 'User from sub claim in JWT does not exist');
  const { session_exists, ...user } = found;
  if (user.banned) throw forbidden('user_banned', 'User is banned');
  if (!usable) throw forbidden('bad_jwt', 'invalid claim: session_id claim must be a UUID');
  if (sessionId !== null && !session_exists)
    throw forbidden('session_not_found', 'Session from session_id claim in JWT does not exist');
  return { user, sessionId };
}

/** The role of an administrator's token; only the role claim counts. */
export async function adminRole(exchange: Exchange): Promise<string> {
  const { role } = await exchange.claims();
  if (!exchange.service.config.adminRoles.has(role)) throw forbidden('not_admin', 'User not allowed');
  return role;
}
