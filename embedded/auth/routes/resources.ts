import { adminRole, caller } from '../http/guard.ts';
import type { Handler, Resource } from '../http/router.ts';
import { createUserAsAdmin } from './admin-create.ts';
import { listUsers } from './admin-list.ts';
import { deleteUserAsAdmin, getUserAsAdmin, subject, updateUserAsAdmin } from './admin-user.ts';
import { disabled, health, jwks, openidConfiguration, settings } from './instance.ts';
import { logout } from './logout.ts';
import {
  adminNotBuilt,
  authorize,
  factors,
  oneTimePassword,
  recover,
  resend,
  verifyCode,
  verifyLink,
} from './not-built.ts';
import { signUp } from './sign-up.ts';
import { token } from './token.ts';
import { getUser, updateUser } from './user.ts';

const oauthOff = disabled('feature_disabled', 'OAuth server is disabled');
const passkeysOff = disabled('passkey_disabled', 'Passkeys are disabled');
const scimOff = disabled('feature_disabled', 'SCIM server is disabled');
const samlOff = disabled('saml_provider_disabled', 'SAML 2.0 is disabled');
const linkingOff = disabled('manual_linking_disabled', 'Manual linking is disabled');
const any = (handler: Handler): Resource['methods'] => ({ GET: handler, POST: handler, PUT: handler, DELETE: handler });

/** Every path, in the order in which they are tried. */
export const resources: readonly Resource[] = [
  { path: '/health', methods: { GET: health } },
  { path: '/settings', methods: { GET: settings } },
  { path: '/.well-known/jwks.json', methods: { GET: jwks } },
  { path: '/.well-known/openid-configuration', methods: { GET: openidConfiguration } },
  { path: '/.well-known/oauth-authorization-server', methods: { GET: oauthOff } },
  { path: '/signup', methods: { POST: signUp }, trailingSlash: true },
  { path: '/token', methods: { POST: token }, limits: { POST: 'token' } },
  { path: '/logout', methods: { POST: logout } },
  {
    path: '/user',
    methods: { GET: getUser, PUT: updateUser },
    limits: { PUT: 'user' },
    guard: caller,
    trailingSlash: true,
  },
  { path: '/user/identities/*', methods: any(linkingOff), guard: caller },
  {
    path: '/verify',
    methods: { GET: verifyLink, POST: verifyCode },
    limits: { GET: 'verify', POST: 'verify' },
    trailingSlash: true,
  },
  { path: '/recover', methods: { POST: recover }, limits: { POST: 'recover' } },
  { path: '/otp', methods: { POST: oneTimePassword }, limits: { POST: 'otp' } },
  { path: '/magiclink', methods: { POST: oneTimePassword }, limits: { POST: 'magiclink' } },
  { path: '/resend', methods: { POST: resend }, limits: { POST: 'resend' } },
  { path: '/authorize', methods: { GET: authorize } },
  { path: '/factors', methods: any(factors), guard: caller, trailingSlash: true },
  { path: '/factors/*', methods: any(factors), guard: caller },
  { path: '/sso', methods: { POST: samlOff } },
  { path: '/sso/saml/metadata', methods: { GET: samlOff } },
  { path: '/sso/saml/acs', methods: { POST: samlOff } },
  { path: '/oauth/*', methods: any(oauthOff) },
  { path: '/passkeys', methods: any(passkeysOff) },
  { path: '/passkeys/*', methods: any(passkeysOff) },
  { path: '/scim/*', methods: any(scimOff) },
  { path: '/invite', methods: { POST: adminNotBuilt }, guard: adminRole },
  { path: '/admin/users', methods: { GET: listUsers, POST: createUserAsAdmin }, guard: adminRole, trailingSlash: true },
  {
    path: '/admin/users/:userId',
    methods: { GET: getUserAsAdmin, PUT: updateUserAsAdmin, DELETE: deleteUserAsAdmin },
    guard: subject,
  },
  { path: '/admin/generate_link', methods: { POST: adminNotBuilt }, guard: adminRole },
  // Only an administrator learns which paths there are.
  { path: '/admin', methods: {}, guard: adminRole },
  { path: '/admin/*', methods: {}, guard: adminRole },
];
