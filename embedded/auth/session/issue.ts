import { z } from 'zod';
import { type AuditEntry, auditInsert } from '../audit.ts';
import type { Reply } from '../http/reply.ts';
import type { Service } from '../service.ts';
import { identitiesOf } from '../user/identity.ts';
import { renderUser, type User, userColumns, userSchema } from '../user/user.ts';
import { newRefreshToken } from './refresh-token.ts';

export interface IssuedSession {
  user: User;
  sessionId: string;
  refreshToken: string;
  aal: string;
  amr: { method: string; timestamp: number }[];
}

const issuedSchema = userSchema.extend({ session_id: z.string(), issued_at: z.number() });

/** Session, first refresh token, authentication method, last sign-in and audit entry in one statement. */
export async function startSession(
  service: Service,
  userId: string,
  method: string,
  origin: { userAgent: string; ip: string | null },
  audit: AuditEntry,
): Promise<IssuedSession> {
  const refreshToken = newRefreshToken();
  const [row] = await service.database.rows(
    'start-session',
    `with u as (
       update auth.users set last_sign_in_at = now(), updated_at = now() where id = $1 returning *
     ), session as (
       insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
       select gen_random_uuid(), u.id, now(), now(), 'aal1', $2, $3::inet from u returning id, user_id
     ), amr as (
       insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
       select gen_random_uuid(), session.id, now(), now(), $4 from session
     ), token as (
       insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
       select '00000000-0000-0000-0000-000000000000', $5, session.user_id, false, now(), now(), session.id from session
     ), audit as (${auditInsert('$6')})
     select ${userColumns}, ${identitiesOf('u.id')} as identities, session.id as session_id,
       floor(extract(epoch from now()))::float8 as issued_at
       from u, session`,
    [userId, origin.userAgent, origin.ip, method, refreshToken, JSON.stringify(audit)],
    issuedSchema,
  );
  if (row === undefined) throw new Error('starting a session returned no row');
  const { session_id, issued_at, ...user } = row;
  return { user, sessionId: session_id, refreshToken, aal: 'aal1', amr: [{ method, timestamp: issued_at }] };
}

/** The answer that hands a session to its client. */
export async function sessionReply(
  { config, keyring }: Service,
  session: IssuedSession,
  extra: { body?: Record<string, unknown>; headers?: Record<string, string>; shown?: User } = {},
): Promise<Reply> {
  const { user, sessionId, refreshToken } = session;
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = issuedAt + config.expirySeconds;
  const accessToken = await keyring.sign({
    iss: config.issuer,
    sub: user.id,
    aud: user.aud,
    exp: expiresAt,
    iat: issuedAt,
    email: user.email,
    phone: user.phone,
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    role: user.role,
    aal: session.aal,
    amr: session.amr,
    session_id: sessionId,
    is_anonymous: user.is_anonymous,
  });
  return {
    status: 200,
    headers: {
      'sb-auth-user-id': user.id,
      'sb-auth-session-id': sessionId,
      'sb-auth-refresh-token-prefix': refreshToken.slice(0, 5),
      ...extra.headers,
    },
    body: {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: config.expirySeconds,
      expires_at: expiresAt,
      refresh_token: refreshToken,
      user: renderUser(extra.shown ?? user),
      ...extra.body,
    },
  };
}
