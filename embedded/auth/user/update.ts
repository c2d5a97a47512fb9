import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type AuditEntry, auditInsert } from '../audit.ts';
import type { Statements } from '../database.ts';
import { type Identity, identitiesOf, identityAsJson, identitySchema } from './identity.ts';
import { type User, userColumns, userSchema } from './user.ts';

/** What an administrator changes; undefined leaves a column as it is. */
export interface UserChange {
  email: string | undefined;
  emailConfirm: boolean;
  phone: string | undefined;
  phoneConfirm: boolean;
  role: string | undefined;
  passwordHash: string | undefined;
  /** From now, in milliseconds; null lifts a ban. */
  banMs: number | null | undefined;
  appMetadata: Record<string, unknown>;
  userMetadata: Record<string, unknown>;
  audit: AuditEntry;
  /** Does the change count as one? A request that changes nothing leaves updated_at alone. */
  touches: boolean;
}

/** Applies a change: the row, the sessions that a new password ends, and the identities that carry the address. */
export async function updateUserRow(
  statements: Statements,
  before: User,
  change: UserChange,
): Promise<{ user: User; newIdentities: Identity[] }> {
  const [user] = await statements.rows(
    'update-user-as-admin',
    `with u as (
       update auth.users set
         email = coalesce($2, email),
         email_confirmed_at = case when $3 then now() else email_confirmed_at end,
         phone = coalesce($4, phone),
         phone_confirmed_at = case when $5 then now() else phone_confirmed_at end,
         role = coalesce($6, role),
         encrypted_password = coalesce($7, encrypted_password),
         banned_until = case when $8 then null else coalesce(now() + $9::float8 * interval '1 millisecond', banned_until) end,
         raw_app_meta_data = $10, raw_user_meta_data = $11,
         updated_at = case when $13 then now() else updated_at end
        where id = $1 returning *
     ), ended as (
       delete from auth.sessions where user_id = $1 and $7 is not null
     ), audit as (${auditInsert('$12')})
     select ${userColumns}, ${identitiesOf('u.id')} as identities from u`,
    [
      before.id,
      change.email ?? null,
      change.emailConfirm,
      change.phone ?? null,
      change.phoneConfirm,
      change.role ?? null,
      change.passwordHash ?? null,
      change.banMs === null,
      change.banMs ?? null,
      JSON.stringify(change.appMetadata),
      JSON.stringify(change.userMetadata),
      JSON.stringify(change.audit),
      change.touches,
    ],
    userSchema,
  );
  if (user === undefined) throw new Error('updating a locked user returned no row');
  const newIdentities = [
    ...(await carry(statements, before, 'email', change.email, change.emailConfirm)),
    ...(await carry(statements, before, 'phone', change.phone, change.phoneConfirm)),
  ];
  return { user, newIdentities };
}

/** Writes a new address or number into the identity of that kind; gives the identity when it had to be made. */
async function carry(
  statements: Statements,
  { id, identities }: User,
  provider: 'email' | 'phone',
  value: string | undefined,
  verified: boolean,
): Promise<Identity[]> {
  if (value === undefined) return [];
  const known = identities?.some((identity) => identity.provider === provider) ?? false;
  const data = { [provider]: value, [`${provider}_verified`]: verified };
  if (known) {
    await statements.rows(
      'carry-address',
      `update auth.identities set identity_data = identity_data || $3::jsonb where user_id = $1 and provider = $2`,
      [id, provider, JSON.stringify(data)],
      z.unknown(),
    );
    return [];
  }
  const rows = await statements.rows(
    'add-identity',
    `with i as (
       insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
       values ($1, $2::text, $2::uuid, $3, $4, now(), now(), now()) returning *
     ) select ${identityAsJson} as identity from i`,
    [randomUUID(), id, JSON.stringify({ email_verified: false, phone_verified: false, sub: id, ...data }), provider],
    z.object({ identity: identitySchema }),
  );
  return rows.map((row) => row.identity);
}
