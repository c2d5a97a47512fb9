import { randomUUID } from 'node:crypto';
import { DatabaseError } from 'pg';
import { auditOfUser } from '../audit.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest, internal, unprocessable } from '../http/failure.ts';
import type { Struct } from '../http/go-json.ts';
import { ok, type Reply } from '../http/reply.ts';
import { checkStrength } from '../password/strength.ts';
import { sessionReply, startSession } from '../session/issue.ts';
import { checkEmail } from '../user/address.ts';
import { createUser } from '../user/create.ts';
import { findByEmail } from '../user/find.ts';
import { renderUser, type User } from '../user/user.ts';

const signupParams: Struct = {
  name: 'SignupParams',
  fields: {
    email: 'string',
    phone: 'string',
    password: 'string',
    data: 'object',
    provider: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
    channel: 'string',
  },
};

const alreadyRegistered = () => unprocessable('user_already_exists', 'User already registered');

/** POST /signup: a session at once with autoconfirm, else the user who has to confirm the address first. */
export async function signUp(exchange: Exchange): Promise<Reply> {
  const { service } = exchange;
  const { config } = service;
  if (config.signupDisabled) throw unprocessable('signup_disabled', 'Signups not allowed for this instance');
  const body = await exchange.body(signupParams);
  const password = body.string('password');
  if (body.string('email') === '' && body.string('phone') === '')
    throw unprocessable('anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  // After the question whether it is anonymous: that has a limit of its own in the real server.
  service.limits.take('signup', exchange);
  if (password === '') throw badRequest('validation_failed', 'Signup requires a valid password');
  checkStrength(password, config.passwordRules);
  if (body.string('email') !== '' && body.string('phone') !== '')
    throw badRequest('validation_failed', 'Only an email address or phone number should be provided on signup.');
  if (body.string('phone') !== '') throw badRequest('phone_provider_disabled', 'Phone signups are disabled');
  if (!config.emailEnabled) throw badRequest('email_provider_disabled', 'Email signups are disabled');

  const email = checkEmail(body.string('email'));
  const audience = await exchange.audience();
  const metadata = body.object('data') ?? {};
  // Hashed before it is known whether the address is free, so that the time does not tell.
  const passwordHash = await service.hasher.hash(password);
  const existing = await findByEmail(service.database, email, audience);
  if (config.autoconfirm) {
    // The real server would confirm an unconfirmed user here and let the caller in with any password.
    if (existing !== undefined) throw alreadyRegistered();
    const user = await register(exchange, { email, audience, passwordHash, metadata });
    return openSession(exchange, user);
  }
  if (existing !== undefined)
    return ok(existing.email_confirmed_at === null ? renderUser(existing) : nobody(email, audience, metadata));
  const user = await register(exchange, { email, audience, passwordHash, metadata });
  service.log.warn({ userId: user.id }, 'a user waits for a confirmation mail, which this server does not send');
  return ok(renderUser(user));
}

async function openSession(exchange: Exchange, user: User): Promise<Reply> {
  const audit = auditOfUser('login', user, { provider: 'email' });
  const session = await startSession(exchange.service, user.id, 'password', exchange.origin, audit);
  // The answer is about the moment of registration: it shows the address as verified by the identity that was just made,
  // and no confirmed_at, which the real server reads only later.
  const identities = session.user.identities?.map((identity) => ({
    ...identity,
    identity_data: { ...identity.identity_data, email_verified: true },
  }));
  return sessionReply(exchange.service, session, {
    shown: { ...session.user, confirmed_at: null, identities: identities ?? null },
  });
}

async function register(
  { service }: Exchange,
  input: { email: string; audience: string; passwordHash: string; metadata: Record<string, unknown> },
): Promise<User> {
  const { config } = service;
  const id = randomUUID();
  const verified = { email: input.email, phone_verified: false, sub: id };
  try {
    return await createUser(service.database, {
      id,
      audience: input.audience,
      role: config.defaultRole,
      email: input.email,
      phone: null,
      passwordHash: input.passwordHash,
      emailConfirmed: config.autoconfirm,
      phoneConfirmed: false,
      confirmationSent: !config.autoconfirm,
      banMs: undefined,
      appMetadata: { provider: 'email', providers: ['email'] },
      userMetadata: { ...input.metadata, ...verified, email_verified: config.autoconfirm },
      identities: [{ provider: 'email', data: { ...input.metadata, ...verified, email_verified: false } }],
      audit: auditOfUser(
        config.autoconfirm ? 'user_signedup' : 'user_confirmation_requested',
        { id, email: input.email, phone: '' },
        { provider: 'email' },
      ),
    });
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.constraint === 'users_email_partial_key') throw alreadyRegistered();
    throw internal('Database error saving new user', error);
  }
}

/** An answer that does not tell that the address is known: a user who exists nowhere. */
function nobody(email: string, aud: string, metadata: Record<string, unknown>): Record<string, unknown> {
  const now = new Date().toISOString();
  return {
    id: randomUUID(),
    aud,
    role: '',
    email,
    phone: '',
    confirmation_sent_at: now,
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: metadata,
    identities: [],
    created_at: now,
    updated_at: now,
    is_anonymous: false,
  };
}
