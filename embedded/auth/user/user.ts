import { z } from 'zod';
import { toIso } from '../time.ts';
import { type Identity, identitySchema, renderIdentity } from './identity.ts';

const text = z
  .string()
  .nullable()
  .transform((value) => value ?? '');
const time = z.string().nullable();
const metadata = z
  .record(z.string(), z.unknown())
  .nullable()
  .transform((value) => value ?? {});

/** The columns of a row `u` of auth.users that anything here reads. */
export const userColumns = `u.id, u.aud, u.role, u.email, u.encrypted_password, u.email_confirmed_at, u.invited_at, u.phone,
  u.phone_confirmed_at, u.confirmation_sent_at, u.confirmed_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
  u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.last_sign_in_at, u.raw_app_meta_data,
  u.raw_user_meta_data, u.created_at, u.updated_at, u.banned_until, u.deleted_at, u.is_anonymous,
  coalesce(u.banned_until > now(), false) as banned`;

/** A row of auth.users with its identities; null identities: not asked for. */
export const userSchema = z.object({
  id: z.string(),
  aud: text,
  role: text,
  email: text,
  encrypted_password: z
    .string()
    .nullable()
    .transform((value) => (value === '' ? null : value)),
  email_confirmed_at: time,
  invited_at: time,
  phone: text,
  phone_confirmed_at: time,
  confirmation_sent_at: time,
  confirmed_at: time,
  recovery_sent_at: time,
  email_change: text,
  email_change_sent_at: time,
  phone_change: text,
  phone_change_sent_at: time,
  reauthentication_sent_at: time,
  last_sign_in_at: time,
  raw_app_meta_data: metadata,
  raw_user_meta_data: metadata,
  created_at: time,
  updated_at: time,
  banned_until: time,
  deleted_at: time,
  is_anonymous: z.boolean(),
  banned: z.boolean(),
  identities: z.array(identitySchema).nullable(),
});
export type User = z.infer<typeof userSchema>;

/** The user as answers show it: what is not set is left out, `identities` is null in lists. */
export function renderUser(user: User, identities: Identity[] | null = user.identities): Record<string, unknown> {
  return {
    id: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email,
    ...at('email_confirmed_at', user.email_confirmed_at),
    ...at('invited_at', user.invited_at),
    phone: user.phone,
    ...at('phone_confirmed_at', user.phone_confirmed_at),
    ...at('confirmation_sent_at', user.confirmation_sent_at),
    ...at('confirmed_at', user.confirmed_at),
    ...at('recovery_sent_at', user.recovery_sent_at),
    ...(user.email_change === '' ? {} : { new_email: user.email_change }),
    ...at('email_change_sent_at', user.email_change_sent_at),
    ...(user.phone_change === '' ? {} : { new_phone: user.phone_change }),
    ...at('phone_change_sent_at', user.phone_change_sent_at),
    ...at('reauthentication_sent_at', user.reauthentication_sent_at),
    ...at('last_sign_in_at', user.last_sign_in_at),
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    identities: identities?.map(renderIdentity) ?? null,
    ...at('created_at', user.created_at),
    ...at('updated_at', user.updated_at),
    ...at('banned_until', user.banned_until),
    ...at('deleted_at', user.deleted_at),
    is_anonymous: user.is_anonymous,
  };
}

const at = (name: string, value: string | null): Record<string, string> =>
  value === null ? {} : { [name]: toIso(value) };

/** Merges metadata as GoTrue does: a null deletes its key. */
export function mergeMetadata(old: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== null));
}
