import type { Exchange } from '../http/exchange.ts';
import { badRequest, Failure, forbidden, needsMail, unprocessable } from '../http/failure.ts';
import type { Struct } from '../http/go-json.ts';
import { caller } from '../http/guard.ts';
import type { Reply } from '../http/reply.ts';
import { checkEmail } from '../user/address.ts';

// What needs mail, or a provider, or a second factor. Each answers as the real server does as far as that goes without
// the missing part, then says that the part is missing. Nothing here tells whether an address is known.

const mailParams = (name: string): Struct => ({
  name,
  fields: {
    email: 'string',
    phone: 'string',
    type: 'string',
    create_user: 'bool',
    data: 'object',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
});

/** POST /recover */
export async function recover(exchange: Exchange): Promise<Reply> {
  const body = await exchange.body(mailParams('RecoverParams'));
  if (!exchange.service.config.emailEnabled) throw badRequest('email_provider_disabled', 'Email logins are disabled');
  if (body.string('email') === '') throw badRequest('validation_failed', 'Password recovery requires an email');
  checkEmail(body.string('email'));
  throw needsMail('Password recovery');
}

/** POST /otp and /magiclink */
export async function oneTimePassword(exchange: Exchange): Promise<Reply> {
  const { config } = exchange.service;
  const body = await exchange.body(mailParams('OtpParams'));
  const email = body.string('email');
  const phone = body.string('phone');
  if (email !== '' && phone !== '')
    throw badRequest('validation_failed', 'Only an email address or phone number should be provided');
  if (phone !== '') throw badRequest('phone_provider_disabled', 'Unsupported phone provider');
  if (email === '') throw badRequest('validation_failed', 'One of email or phone must be set');
  if (!config.emailEnabled) throw unprocessable('email_provider_disabled', 'Email logins are disabled');
  checkEmail(email);
  if (config.signupDisabled) throw unprocessable('signup_disabled', 'Signups not allowed for this instance');
  throw needsMail('A one-time link');
}

/** POST /resend */
export async function resend(exchange: Exchange): Promise<Reply> {
  const body = await exchange.body(mailParams('ResendConfirmationParams'));
  const type = body.string('type');
  if (!['signup', 'email_change', 'sms', 'phone_change'].includes(type))
    throw badRequest('validation_failed', 'Missing one of these types: signup, email_change, sms, phone_change');
  if (type === 'signup' || type === 'email_change') {
    if (body.string('email') === '') throw badRequest('validation_failed', 'Type provided requires an email address');
    checkEmail(body.string('email'));
    throw needsMail('A confirmation');
  }
  throw badRequest('phone_provider_disabled', 'Unsupported phone provider');
}

const verifyParams: Struct = {
  name: 'VerifyParams',
  fields: {
    type: 'string',
    token: 'string',
    token_hash: 'string',
    email: 'string',
    phone: 'string',
    redirect_to: 'string',
  },
};

/** POST /verify: no code was ever sent, so none is right. */
export async function verifyCode(exchange: Exchange): Promise<Reply> {
  const body = await exchange.body(verifyParams);
  if (body.string('type') === '') throw badRequest('validation_failed', 'Verify requires a verification type');
  throw forbidden(
    'otp_expired',
    body.string('token_hash') === '' ? 'Token has expired or is invalid' : 'Email link is invalid or has expired',
  );
}

/** GET /verify: a link that nobody was sent. */
export function verifyLink(exchange: Exchange): Reply {
  if (exchange.query.get('type') === null) throw badRequest('validation_failed', 'Verify requires a verification type');
  const problem = new URLSearchParams({
    error: 'access_denied',
    error_code: 'otp_expired',
    error_description: 'Email link is invalid or has expired',
    sb: '',
  });
  // Always the site itself: a redirect chosen by the caller has to be checked against the allow list first.
  const location = `${exchange.service.config.siteUrl}#${problem}`;
  return {
    status: 303,
    headers: { location, 'content-type': 'text/html; charset=utf-8' },
    body: `<a href="${location.replaceAll('&', '&amp;')}">See Other</a>.\n\n`,
  };
}

/** GET /authorize */
export function authorize(): never {
  throw badRequest('validation_failed', 'Unsupported provider: provider is not enabled');
}

/** Everything of second factors. */
export async function factors(exchange: Exchange): Promise<Reply> {
  await caller(exchange);
  throw unprocessable('mfa_totp_enroll_not_enabled', 'MFA enroll is disabled for TOTP');
}

/** What only an administrator would reach. */
export function adminNotBuilt(): never {
  throw new Failure(422, 'feature_disabled', 'This server does not have this part of the admin API');
}
