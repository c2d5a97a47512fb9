import { z } from 'zod';
import { toIso } from '../time.ts';

const time = z.string().nullable();

/** One row of auth.identities, as `identitiesOf` selects it. */
export const identitySchema = z.object({
  id: z.string(),
  provider_id: z.string(),
  user_id: z.string(),
  identity_data: z.record(z.string(), z.unknown()),
  provider: z.string(),
  last_sign_in_at: time,
  created_at: time,
  updated_at: time,
  email: z.string().nullable(),
});
export type Identity = z.infer<typeof identitySchema>;

const columns = `'id', i.id, 'provider_id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
  'provider', i.provider, 'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at, 'updated_at', i.updated_at, 'email', i.email`;

/** A row `i` of auth.identities as JSON. */
export const identityAsJson = `json_build_object(${columns})`;

/** SQL: the identities of the user whose id is the given expression, oldest first. */
export const identitiesOf = (userId: string): string =>
  `(select coalesce(json_agg(${identityAsJson} order by i.created_at, i.provider), '[]'::json) from auth.identities i where i.user_id = ${userId})`;

/** The identity in an answer: `id` is the provider's name of the user, empty parts are left out. */
export function renderIdentity(identity: Identity): Record<string, unknown> {
  return {
    identity_id: identity.id,
    id: identity.provider_id,
    user_id: identity.user_id,
    ...(Object.keys(identity.identity_data).length === 0 ? {} : { identity_data: identity.identity_data }),
    provider: identity.provider,
    ...(identity.last_sign_in_at === null ? {} : { last_sign_in_at: toIso(identity.last_sign_in_at) }),
    ...(identity.created_at === null ? {} : { created_at: toIso(identity.created_at) }),
    ...(identity.updated_at === null ? {} : { updated_at: toIso(identity.updated_at) }),
    ...(identity.email === null || identity.email === '' ? {} : { email: identity.email }),
  };
}
