import { z } from 'zod';
import { auditInsert, auditOfUser } from '../audit.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest } from '../http/failure.ts';
import { caller } from '../http/guard.ts';
import { noContent, type Reply } from '../http/reply.ts';

/** Which sessions of the user ($1) end, seen from the caller's own ($2); refresh tokens and methods go with them. */
const scopes: Record<string, string> = {
  global: 'user_id = $1 and ($2::uuid is null or true)',
  local: 'user_id = $1 and id = $2::uuid',
  others: 'user_id = $1 and ($2::uuid is null or id <> $2::uuid)',
};

/** POST /logout?scope=global|local|others */
export async function logout(exchange: Exchange): Promise<Reply> {
  const { user, sessionId } = await caller(exchange);
  const scope = exchange.query.get('scope') || 'global';
  const condition = Object.hasOwn(scopes, scope) ? scopes[scope] : undefined;
  if (condition === undefined)
    throw badRequest('validation_failed', `Unsupported logout scope ${JSON.stringify(scope)}`);
  await exchange.service.database.rows(
    `logout-${scope}`,
    `with ended as (delete from auth.sessions where ${condition}) ${auditInsert('$3')}`,
    [user.id, sessionId, JSON.stringify(auditOfUser('logout', user))],
    z.unknown(),
  );
  return noContent;
}
