import { z } from 'zod';
import { auditInsert, auditOfUser } from '../audit.ts';
import { badRequest, Failure } from '../http/failure.ts';
import type { Service } from '../service.ts';
import { identitiesOf } from '../user/identity.ts';
import { userColumns, userSchema } from '../user/user.ts';
import type { IssuedSession } from './issue.ts';
import { newRefreshToken } from './refresh-token.ts';

export interface Refreshed extends IssuedSession {
  /** False: the answer repeats the token that the client was given before. */
  rotated: boolean;
}

const amrOf = (sessionId: string): string =>
  `(select coalesce(json_agg(json_build_object('method', c.authentication_method,
      'timestamp', floor(extract(epoch from c.updated_at))::bigint) order by c.created_at desc), '[]'::json)
    from auth.mfa_amr_claims c where c.session_id = ${sessionId})`;

const sessionColumns = {
  session_id: z.string(),
  aal: z
    .string()
    .nullable()
    .transform((value) => value ?? 'aal1'),
  amr: z.array(z.object({ method: z.string(), timestamp: z.number() })),
};
const rotatedSchema = userSchema.extend(sessionColumns);
const foundSchema = userSchema.extend({
  ...sessionColumns,
  token_revoked: z.boolean(),
  reusable: z.boolean(),
  newest_token: z.string().nullable(),
  newest_parent: z.string().nullable(),
});

/**
 * Rotates a refresh token. The usual case is one statement: the token is marked used and its child is made only if it was
 * unused, so of two requests at once one makes the child and the other finds the token used and goes on below. Locks are
 * taken session first, then token, here, below and by whatever deletes sessions: nobody waits in a circle.
 */
export async function refreshSession(service: Service, token: string): Promise<Refreshed> {
  return (await rotate(service, token)) ?? (await refreshUsed(service, token));
}

async function rotate(service: Service, token: string): Promise<Refreshed | undefined> {
  const child = newRefreshToken();
  const [row] = await service.database.rows(
    'rotate-refresh-token',
    `with locked as (
       select s.id, s.aal, u.id as user_id from auth.sessions s join auth.users u on u.id = s.user_id
        where s.id = (select session_id from auth.refresh_tokens where token = $1)
          and coalesce(u.banned_until <= now(), true)
          for no key update of s
     ), old as (
       update auth.refresh_tokens t set revoked = true, updated_at = now() from locked
        where t.token = $1 and t.revoked = false and t.session_id = locked.id
       returning t.user_id, t.session_id
     ), child as (
       insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
       select '00000000-0000-0000-0000-000000000000', $2, old.user_id, false, now(), now(), $1, old.session_id from old
     ), s as (
       update auth.sessions set refreshed_at = now(), updated_at = now() from old where sessions.id = old.session_id
       returning sessions.id, sessions.aal
     ), u as (
       select users.* from auth.users join old on users.id = old.user_id::uuid
     ), audit as (
       insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
       select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), json_build_object('action', action, 'actor_id', u.id,
           'actor_username', coalesce(nullif(u.email, ''), u.phone), 'actor_via_sso', false, 'log_type', 'token'), now(), ''
         from u, unnest(array['token_refreshed', 'token_revoked']) as action
     )
     select ${userColumns}, ${identitiesOf('u.id')} as identities, s.id as session_id, s.aal, ${amrOf('s.id')} as amr from u, s`,
    [token, child],
    rotatedSchema,
  );
  if (row === undefined) return undefined;
  const { session_id, aal, amr, ...user } = row;
  return { user, sessionId: session_id, refreshToken: child, aal, amr, rotated: true };
}

/** A token that is used up, of a banned user, or unknown. The session's lock makes parallel callers take turns. */
function refreshUsed(service: Service, token: string): Promise<Refreshed> {
  let refusal: Failure | undefined;
  return service.database
    .transaction(async (statements) => {
      // First the lock, then a new snapshot: what a parallel caller did meanwhile is seen.
      await statements.rows(
        'lock-session',
        `select id from auth.sessions where id = (select session_id from auth.refresh_tokens where token = $1) for no key update`,
        [token],
        z.unknown(),
      );
      const [row] = await statements.rows(
        'used-refresh-token',
        `select ${userColumns}, ${identitiesOf('u.id')} as identities, s.id as session_id, s.aal, ${amrOf('s.id')} as amr,
           t.revoked as token_revoked, t.updated_at + $2 * interval '1 second' > now() as reusable,
           newest.token as newest_token, newest.parent as newest_parent
           from auth.refresh_tokens t
           join auth.sessions s on s.id = t.session_id
           join auth.users u on u.id = t.user_id::uuid
           left join lateral (
             select n.token, n.parent from auth.refresh_tokens n
              where n.session_id = t.session_id and n.revoked = false order by n.id desc limit 1
           ) newest on true
          where t.token = $1`,
        [token, service.config.reuseIntervalSeconds],
        foundSchema,
      );
      if (row === undefined)
        throw badRequest('refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
      const { session_id, aal, amr, token_revoked, reusable, newest_token, newest_parent, ...user } = row;
      const known = { user, sessionId: session_id, aal, amr };
      if (user.banned)
        throw new Failure(400, 'user_banned', 'Invalid Refresh Token: User Banned', {
          headers: { 'sb-auth-user-id': user.id },
        });
      // The client may have lost the answer that carried the newest token: its parent gets the same answer again.
      if (newest_token !== null && newest_parent === token)
        return { ...known, refreshToken: newest_token, rotated: false };
      if (token_revoked && !reusable) {
        // Somebody else uses tokens of this session: none of them is good any more.
        if (service.config.rotationEnabled)
          await statements.rows(
            'revoke-family',
            'update auth.refresh_tokens set revoked = true, updated_at = now() where session_id = $1 and revoked = false',
            [session_id],
            z.unknown(),
          );
        refusal = new Failure(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used', {
          headers: { 'sb-auth-user-id': user.id, 'sb-auth-session-id': session_id },
        });
        return undefined;
      }
      const child = newRefreshToken();
      await statements.rows(
        'replace-refresh-token',
        `with old as (update auth.refresh_tokens set revoked = true, updated_at = now() where token = $1 returning user_id, session_id),
         audit as (${auditInsert('$3')})
         insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
         select '00000000-0000-0000-0000-000000000000', $2, old.user_id, false, now(), now(), $1, old.session_id from old`,
        [token, child, JSON.stringify(auditOfUser('token_refreshed', user))],
        z.unknown(),
      );
      return { ...known, refreshToken: child, rotated: true };
    })
    .then((refreshed) => {
      // The refusal leaves after the commit: the family must stay revoked.
      if (refreshed === undefined) throw refusal ?? new Error('a refresh was refused without a reason');
      return refreshed;
    });
}
