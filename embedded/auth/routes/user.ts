import { auditInsert, auditOfUser } from '../audit.ts';
import type { Exchange } from '../http/exchange.ts';
import { emailExists, forbidden, needsMail, unprocessable } from '../http/failure.ts';
import type { Struct } from '../http/go-json.ts';
import { caller } from '../http/guard.ts';
import { ok, type Reply } from '../http/reply.ts';
import { passwordMatches } from '../password/stored.ts';
import { checkStrength } from '../password/strength.ts';
import { checkEmail } from '../user/address.ts';
import { isEmailTaken } from '../user/find.ts';
import { identitiesOf } from '../user/identity.ts';
import { renderUser, userColumns, userSchema } from '../user/user.ts';

const userUpdateParams: Struct = {
  name: 'UserUpdateParams',
  fields: {
    email: 'string',
    password: 'string',
    current_password: 'string',
    nonce: 'string',
    data: 'object',
    app_metadata: 'object',
    phone: 'string',
    channel: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
};

/** GET /user */
export async function getUser(exchange: Exchange): Promise<Reply> {
  const { user } = await caller(exchange);
  return ok(renderUser(user));
}

/** PUT /user: metadata and password. Another address would need a mail to it. */
export async function updateUser(exchange: Exchange): Promise<Reply> {
  const { service } = exchange;
  const { user, sessionId } = await caller(exchange);
  const body = await exchange.body(userUpdateParams);
  const email = body.string('email') === '' ? user.email : checkEmail(body.string('email'));
  if (email !== user.email) {
    if (await isEmailTaken(service.database, email, user.id)) throw emailExists();
    throw needsMail('A change of the address');
  }
  const password = body.optionalString('password');
  if (password !== undefined) checkStrength(password, service.config.passwordRules);
  if (body.object('app_metadata') !== undefined)
    throw forbidden('not_admin', 'Updating app_metadata requires admin privileges');
  if (body.string('phone') !== '' && body.string('phone') !== user.phone)
    throw unprocessable('phone_provider_disabled', 'Phone logins are disabled');
  if (password !== undefined && (await passwordMatches(service.hasher, password, user.encrypted_password)))
    throw unprocessable('same_password', 'New password should be different from the old password.');

  const change = body.object('data');
  const hash = password === undefined ? null : await service.hasher.hash(password);
  const audit = auditOfUser(hash === null ? 'user_modified' : 'user_updated_password', user);
  const [updated] = await service.database.rows(
    'update-user',
    `with u as (
       update auth.users set encrypted_password = coalesce($2, encrypted_password),
         raw_user_meta_data = case when $3::jsonb is null then raw_user_meta_data
           else (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(coalesce(raw_user_meta_data, '{}') || $3::jsonb)
                  where value <> 'null'::jsonb) end,
         updated_at = case when $2::text is null and $3::jsonb is null then updated_at else now() end
        where id = $1 returning *
     ), ended as (
       -- Whoever knew the old password may hold a session: all but this one end.
       delete from auth.sessions where user_id = $1 and $2 is not null and id is distinct from $4::uuid
     ), audit as (${auditInsert('$5')})
     select ${userColumns}, ${identitiesOf('u.id')} as identities from u`,
    [user.id, hash, change === undefined ? null : JSON.stringify(change), sessionId, JSON.stringify(audit)],
    userSchema,
  );
  if (updated === undefined) throw forbidden('user_not_found', 'User from sub claim in JWT does not exist');
  return ok(renderUser(updated));
}
