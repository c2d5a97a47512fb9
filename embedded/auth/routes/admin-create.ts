import { randomBytes, randomUUID } from 'node:crypto';
import { DatabaseError } from 'pg';
import { z } from 'zod';
import { auditOfAdmin } from '../audit.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest, emailExists, Failure, internal, unprocessable } from '../http/failure.ts';
import type { Body } from '../http/go-json.ts';
import { adminRole } from '../http/guard.ts';
import { ok, type Reply } from '../http/reply.ts';
import { isPasswordHash } from '../password/stored.ts';
import { checkLength } from '../password/strength.ts';
import { checkEmail, checkPhone } from '../user/address.ts';
import { createUser } from '../user/create.ts';
import { isEmailTaken } from '../user/find.ts';
import { mergeMetadata, renderUser } from '../user/user.ts';
import { adminUserParams, banDuration } from './admin-params.ts';

const nilUuid = '00000000-0000-0000-0000-000000000000';

/** POST /admin/users. Sends nothing; a password is taken as it is, however weak. */
export async function createUserAsAdmin(exchange: Exchange): Promise<Reply> {
  const { service } = exchange;
  const role = await adminRole(exchange);
  const body = await exchange.body(adminUserParams);
  const ban = banDuration(body) ?? undefined;
  const id = chosenId(body);
  const email = body.string('email') === '' ? null : checkEmail(body.string('email'));
  const phone = body.string('phone') === '' ? null : checkPhone(body.string('phone'));
  if (email === null && phone === null)
    throw badRequest('validation_failed', 'Cannot create a user without either an email or phone');
  const providers = [...(email === null ? [] : ['email']), ...(phone === null ? [] : ['phone'])];
  if (email !== null && (await isEmailTaken(service.database, email, nilUuid))) throw emailExists();
  const emailConfirmed = email !== null && body.bool('email_confirm');
  const data = {
    ...(email === null ? {} : { email }),
    email_verified: false,
    phone_verified: false,
    sub: id,
  };
  try {
    const user = await createUser(service.database, {
      id,
      audience: body.string('aud') || (await exchange.audience()),
      role: body.string('role') || service.config.defaultRole,
      email,
      phone,
      passwordHash: await chosenHash(exchange, body),
      emailConfirmed,
      phoneConfirmed: phone !== null && body.bool('phone_confirm'),
      confirmationSent: false,
      banMs: ban,
      appMetadata: mergeMetadata({ provider: providers[0], providers }, body.object('app_metadata') ?? {}),
      userMetadata: {
        ...mergeMetadata({}, body.object('user_metadata') ?? {}),
        ...(emailConfirmed ? { email_verified: true } : {}),
      },
      identities: providers.map((provider) => ({
        provider,
        data: provider === 'email' ? data : { email_verified: false, phone, phone_verified: false, sub: id },
      })),
      audit: auditOfAdmin(
        'user_signedup',
        role,
        { id, email: email ?? '', phone: phone ?? '' },
        { provider: providers[0] },
      ),
    });
    return ok(renderUser({ ...user, confirmed_at: null }));
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw conflict(error) ?? internal('Database error saving new user', error);
  }
}

function chosenId(body: Body): string {
  const id = body.string('id');
  if (id === '') return randomUUID();
  if (!z.guid().safeParse(id).success) throw badRequest('validation_failed', 'ID must conform to the uuid v4 format');
  if (id === nilUuid) throw badRequest('validation_failed', 'ID cannot be a nil uuid');
  return id.toLowerCase();
}

async function chosenHash({ service }: Exchange, body: Body): Promise<string> {
  const password = body.string('password');
  const hash = body.string('password_hash');
  if (password !== '' && hash !== '')
    throw badRequest('validation_failed', 'Only a password or a password hash should be provided');
  if (hash !== '') return checkHash(hash);
  checkLength(password);
  // Without a password: one that nobody knows, so that the column is never empty.
  return service.hasher.hash(password === '' ? randomBytes(33).toString('base64') : password);
}

/** A hash that a sign-in can check. */
export function checkHash(hash: string): string {
  if (isPasswordHash(hash)) return hash;
  throw badRequest('validation_failed', 'Unsupported password hash: bcrypt and argon2 are known');
}

/** The unique keys that two administrators at once, or a careless id, can meet. */
export function conflict(error: DatabaseError): Failure | undefined {
  if (error.constraint === 'users_email_partial_key') return emailExists();
  if (error.constraint === 'users_phone_key')
    return unprocessable('phone_exists', 'A user with this phone number has already been registered');
  if (error.constraint === 'users_pkey') return new Failure(409, 'conflict', 'A user with this ID already exists');
  return undefined;
}
