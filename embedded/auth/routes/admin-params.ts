import { parseDuration } from '../duration.ts';
import { badRequest } from '../http/failure.ts';
import type { Body, Struct } from '../http/go-json.ts';

/** The body of POST and PUT /admin/users. */
export const adminUserParams: Struct = {
  name: 'AdminUserParams',
  fields: {
    id: 'string',
    aud: 'string',
    role: 'string',
    email: 'string',
    phone: 'string',
    password: 'string',
    password_hash: 'string',
    email_confirm: 'bool',
    phone_confirm: 'bool',
    user_metadata: 'object',
    app_metadata: 'object',
    ban_duration: 'string',
  },
};

/** How long to ban from now; null lifts a ban, undefined leaves it as it is. */
export function banDuration(body: Body): number | null | undefined {
  const text = body.string('ban_duration');
  if (text === '') return undefined;
  if (text === 'none') return null;
  const duration = parseDuration(text);
  if ('problem' in duration)
    throw badRequest('validation_failed', `invalid format for ban duration: ${duration.problem}`);
  return duration.ms;
}
