import { DatabaseError } from 'pg';
import { z } from 'zod';
import { auditInsert, auditOfAdmin } from '../audit.ts';
import type { Exchange } from '../http/exchange.ts';
import { notFound, userNotFound } from '../http/failure.ts';
import type { Body } from '../http/go-json.ts';
import { adminRole } from '../http/guard.ts';
import { ok, type Reply } from '../http/reply.ts';
import { checkStrength } from '../password/strength.ts';
import { checkEmail, checkPhone } from '../user/address.ts';
import { findById } from '../user/find.ts';
import { softDelete } from '../user/soft-delete.ts';
import { updateUserRow } from '../user/update.ts';
import { mergeMetadata, renderUser, type User } from '../user/user.ts';
import { checkHash, conflict } from './admin-create.ts';
import { adminUserParams, banDuration } from './admin-params.ts';

/** The user of the path; 404 for an id that is none or unknown, whatever the method. */
export function subject(exchange: Exchange): Promise<User> {
  const known = subjects.get(exchange) ?? findSubject(exchange);
  subjects.set(exchange, known);
  return known;
}

const subjects = new WeakMap<Exchange, Promise<User>>();

async function findSubject(exchange: Exchange): Promise<User> {
  await adminRole(exchange);
  const id = exchange.params.userId ?? '';
  if (!z.guid().safeParse(id).success) throw notFound('validation_failed', 'user_id must be an UUID');
  const user = await findById(exchange.service.database, id);
  if (user === undefined) throw userNotFound();
  return user;
}

export async function getUserAsAdmin(exchange: Exchange): Promise<Reply> {
  return ok(renderUser(await subject(exchange)));
}

/** PUT /admin/users/:userId. An id in the body is ignored; email_confirm false does not take a confirmation back. */
export async function updateUserAsAdmin(exchange: Exchange): Promise<Reply> {
  const { service } = exchange;
  const { id } = await subject(exchange);
  const body = await exchange.body(adminUserParams);
  const role = await adminRole(exchange);
  const change = await readChange(exchange, body);
  try {
    return await service.database.transaction(async (statements) => {
      const before = await findById(statements, id, { lock: true });
      if (before === undefined) throw userNotFound();
      const { user, newIdentities } = await updateUserRow(statements, before, {
        ...change,
        appMetadata: mergeMetadata(before.raw_app_meta_data, body.object('app_metadata') ?? {}),
        userMetadata: mergeMetadata(before.raw_user_meta_data, body.object('user_metadata') ?? {}),
        audit: auditOfAdmin('user_modified', role, before),
        // As recorded: a new hash alone does not count, a new password does.
        touches: counted.some((field) => body.has(field)) || body.bool('email_confirm') || body.bool('phone_confirm'),
      });
      // The answer shows the identities as they were read before the change, and the ones it added.
      return ok(
        renderUser({ ...user, confirmed_at: before.confirmed_at }, [...(before.identities ?? []), ...newIdentities]),
      );
    });
  } catch (error) {
    throw error instanceof DatabaseError ? (conflict(error) ?? error) : error;
  }
}

const counted = ['email', 'phone', 'password', 'role', 'ban_duration', 'user_metadata', 'app_metadata'];

async function readChange({ service }: Exchange, body: Body) {
  const email = body.string('email') === '' ? undefined : checkEmail(body.string('email'));
  const phone = body.string('phone') === '' ? undefined : checkPhone(body.string('phone'));
  const banMs = banDuration(body);
  const password = body.string('password');
  const hash = body.string('password_hash');
  if (password !== '') checkStrength(password, service.config.passwordRules);
  return {
    email,
    phone,
    banMs,
    emailConfirm: body.bool('email_confirm'),
    phoneConfirm: body.bool('phone_confirm'),
    role: body.string('role') || undefined,
    passwordHash: password !== '' ? await service.hasher.hash(password) : hash !== '' ? checkHash(hash) : undefined,
  };
}

/** DELETE /admin/users/:userId, with `{"should_soft_delete": true}` only the person is removed from the row. */
export async function deleteUserAsAdmin(exchange: Exchange): Promise<Reply> {
  const { database } = exchange.service;
  const user = await subject(exchange);
  const body = await exchange.optionalBody({ name: 'adminUserDeleteParams', fields: { should_soft_delete: 'bool' } });
  const audit = auditOfAdmin('user_deleted', await adminRole(exchange), user);
  if (body.bool('should_soft_delete')) await softDelete(database, user, audit);
  else
    await database.rows(
      'delete-user',
      // Sessions and tokens go by their foreign keys.
      `with gone as (delete from auth.users where id = $1) ${auditInsert('$2')}`,
      [user.id, JSON.stringify(audit)],
      z.unknown(),
    );
  return ok({});
}
