import { auditOfUser } from '../audit.ts';
import type { Exchange } from '../http/exchange.ts';
import { badRequest, invalidCredentials, unprocessable } from '../http/failure.ts';
import type { Struct } from '../http/go-json.ts';
import type { Reply } from '../http/reply.ts';
import type { Handler } from '../http/router.ts';
import { passwordMatches } from '../password/stored.ts';
import { weaknessOf } from '../password/strength.ts';
import { sessionReply, startSession } from '../session/issue.ts';
import { refreshSession } from '../session/refresh.ts';
import { isRefreshToken } from '../session/refresh-token.ts';
import { findByEmail } from '../user/find.ts';

const passwordParams: Struct = {
  name: 'PasswordGrantParams',
  fields: { email: 'string', phone: 'string', password: 'string' },
};
const refreshParams: Struct = { name: 'RefreshTokenGrantParams', fields: { refresh_token: 'string' } };
const anyParams: Struct = { name: 'TokenParams', fields: { provider: 'string', issuer: 'string' } };
const issuers: Record<string, string> = {
  google: 'https://accounts.google.com',
  apple: 'https://appleid.apple.com',
  facebook: 'https://www.facebook.com',
};

const grants: Record<string, Handler> = {
  password: passwordGrant,
  refresh_token: refreshGrant,
  id_token: async (exchange) => {
    const body = await exchange.body(anyParams);
    const issuer = issuers[body.string('provider')] ?? body.string('issuer');
    throw badRequest('provider_disabled', `Provider (issuer "${issuer}") is not enabled`);
  },
  web3: () => {
    throw unprocessable('web3_provider_disabled', 'Web3 provider is disabled');
  },
};

/** POST /token: the grant is named in the query, never in the body. */
export async function token(exchange: Exchange): Promise<Reply> {
  const grant = grants[exchange.query.get('grant_type') ?? ''];
  if (grant !== undefined) return grant(exchange);
  await exchange.body(anyParams);
  throw badRequest('invalid_credentials', 'unsupported_grant_type');
}

async function passwordGrant(exchange: Exchange): Promise<Reply> {
  const { service } = exchange;
  const { config } = service;
  const body = await exchange.body(passwordParams);
  const email = body.string('email');
  if (email !== '' && body.string('phone') !== '')
    throw badRequest('validation_failed', 'Only an email address or phone number should be provided on login.');
  if (body.string('phone') !== '') throw unprocessable('phone_provider_disabled', 'Phone logins are disabled');
  if (email === '') throw badRequest('validation_failed', 'missing email or phone');
  if (!config.emailEnabled) throw unprocessable('email_provider_disabled', 'Email logins are disabled');

  const password = body.string('password');
  const user = await findByEmail(service.database, email.toLowerCase(), await exchange.audience());
  const right = await passwordMatches(service.hasher, password, user?.encrypted_password ?? null);
  // Banned or unconfirmed is told only to whoever knows the password.
  if (user === undefined || !right) throw invalidCredentials();
  if (user.banned) throw badRequest('user_banned', 'User is banned');
  if (user.email_confirmed_at === null) throw badRequest('email_not_confirmed', 'Email not confirmed');

  const audit = auditOfUser('login', user, { provider: 'email' });
  const session = await startSession(service, user.id, 'password', exchange.origin, audit);
  return sessionReply(service, session, {
    body: { weak_password: weaknessOf(password, config.passwordRules) ?? null },
  });
}

async function refreshGrant(exchange: Exchange): Promise<Reply> {
  const body = await exchange.body(refreshParams);
  const refreshToken = body.string('refresh_token');
  if (!isRefreshToken(refreshToken)) throw badRequest('validation_failed', 'Refresh token is not valid');
  const { rotated, ...session } = await refreshSession(exchange.service, refreshToken);
  return sessionReply(exchange.service, session, {
    headers: rotated ? { 'sb-auth-refresh-token-reuse': 'false' } : {},
  });
}
