import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type AuditEntry, auditInsert } from '../audit.ts';
import type { Statements } from '../database.ts';
import { identityAsJson, identitySchema } from './identity.ts';
import { type User, userColumns, userSchema } from './user.ts';

export interface NewUser {
  id: string;
  audience: string;
  role: string;
  email: string | null;
  phone: string | null;
  passwordHash: string;
  emailConfirmed: boolean;
  phoneConfirmed: boolean;
  confirmationSent: boolean;
  /** Relative to now, in milliseconds; negative is in the past. */
  banMs: number | undefined;
  appMetadata: Record<string, unknown>;
  userMetadata: Record<string, unknown>;
  identities: { provider: string; data: Record<string, unknown> }[];
  audit: AuditEntry;
}

const createdSchema = userSchema.omit({ identities: true }).extend({ identity_rows: z.array(identitySchema) });

/** User, identities and the audit entry in one statement: all of them or none. */
export async function createUser(statements: Statements, user: NewUser): Promise<User> {
  const identities = user.identities.map((identity) => ({
    id: randomUUID(),
    provider: identity.provider,
    data: identity.data,
  }));
  const [row] = await statements.rows(
    'create-user',
    `with u as (
       insert into auth.users (instance_id, id, aud, role, email, phone, encrypted_password, email_confirmed_at, phone_confirmed_at,
         confirmation_sent_at, banned_until, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
         confirmation_token, recovery_token, email_change_token_new, email_change)
       values ('00000000-0000-0000-0000-000000000000', $1, $2, $3, $4, $5, $6, case when $7 then now() end, case when $8 then now() end,
         case when $9 then now() end, now() + $10 * interval '1 millisecond', $11, $12, now(), now(), '', '', '', '')
       returning *
     ), i as (
       insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
       select (n ->> 'id')::uuid, u.id, u.id, n -> 'data', n ->> 'provider', now(), now(), now()
         from u, jsonb_array_elements($13::jsonb) as n
       returning *
     ), audit as (${auditInsert('$14')})
     select ${userColumns}, (select coalesce(json_agg(${identityAsJson}), '[]'::json) from i) as identity_rows from u`,
    [
      user.id,
      user.audience,
      user.role,
      user.email,
      user.phone,
      user.passwordHash,
      user.emailConfirmed,
      user.phoneConfirmed,
      user.confirmationSent,
      user.banMs ?? null,
      JSON.stringify(user.appMetadata),
      JSON.stringify(user.userMetadata),
      JSON.stringify(identities),
      JSON.stringify(user.audit),
    ],
    createdSchema,
  );
  if (row === undefined) throw new Error('creating a user returned no row');
  const { identity_rows, ...columns } = row;
  return { ...columns, identities: identity_rows };
}
