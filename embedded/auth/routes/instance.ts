import { notFound } from '../http/failure.ts';
import { ok } from '../http/reply.ts';
import type { Handler } from '../http/router.ts';

/** The release whose behaviour this service has. */
const version = 'v2.196.0';

const providers = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'snapchat',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'keycloak',
  'kakao',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'spotify',
  'slack',
  'slack_oidc',
  'workos',
  'twitch',
  'twitter',
];
const cached = { 'cache-control': 'public, max-age=600' };

export const health: Handler = () =>
  ok({ version, name: 'GoTrue', description: 'GoTrue is a user registration and authentication API' });

export const settings: Handler = ({ service: { config } }) =>
  ok({
    external: {
      anonymous_users: false,
      ...Object.fromEntries(providers.map((name) => [name, false])),
      email: config.emailEnabled,
      phone: false,
      zoom: false,
    },
    disable_signup: config.signupDisabled,
    mailer_autoconfirm: config.autoconfirm,
    phone_autoconfirm: false,
    sms_provider: '',
    saml_enabled: false,
    // The real server says true although there is none.
    saml_private_key_next_configured: true,
    passkeys_enabled: false,
  });

export const jwks: Handler = ({ service: { keyring } }) => ok(keyring.published, cached);

export const openidConfiguration: Handler = ({ service: { config } }) => {
  const base = config.externalUrl.replace(/\/$/, '');
  return ok(
    {
      issuer: config.issuer,
      authorization_endpoint: `${base}/oauth/authorize`,
      token_endpoint: `${base}/oauth/token`,
      jwks_uri: `${base}/.well-known/jwks.json`,
      userinfo_endpoint: `${base}/oauth/userinfo`,
      scopes_supported: ['openid', 'profile', 'email', 'phone', 'offline_access'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'ES256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      claims_supported: [
        'sub',
        'aud',
        'iss',
        'exp',
        'iat',
        'auth_time',
        'nonce',
        'email',
        'email_verified',
        'phone_number',
        'phone_number_verified',
        'name',
        'picture',
        'preferred_username',
        'updated_at',
      ],
      code_challenge_methods_supported: ['S256', 'plain'],
    },
    cached,
  );
};

/** A feature of the real server that is off there by default and not built here: the same answer as when it is off. */
export const disabled =
  (code: string, message: string): Handler =>
  () => {
    throw notFound(code, message);
  };
