export interface GatewayRoute {
  name: string;
  path: string;
  /** The path alone (with or without a slash at its end), or everything that begins with it. */
  match: 'exact' | 'prefix';
  guard: 'open' | 'any-key' | 'admin-key' | 'closed';
  upstream: 'auth' | 'rest' | 'realtime' | 'api';
  /** What the path, or the beginning that matched, becomes at the upstream; null: it is kept. */
  upstreamPath: string | null;
  /** How long the upstream may be silent. */
  silenceMs: number;
}

const auth = { upstream: 'auth', match: 'prefix', silenceMs: 60_000 } as const;
const rest = { upstream: 'rest', match: 'prefix', silenceMs: 150_000 } as const;
const realtime = { upstream: 'realtime', match: 'prefix', silenceMs: 60_000 } as const;

/** Reached by people's browsers, identity providers and verifiers, which have no key. */
const openAuthPaths = ['verify', 'callback', 'authorize', '.well-known/jwks.json', 'sso/saml/acs', 'sso/saml/metadata'];

/** Every way through the gateway, in the order in which they are tried. The embedded gateway has the same. */
export const gatewayRoutes: readonly GatewayRoute[] = [
  ...openAuthPaths.map(
    (path): GatewayRoute => ({
      ...auth,
      name: `auth-${path.replaceAll(/[^a-z]+/g, '-').replace(/^-/, '')}`,
      path: `/auth/v1/${path}`,
      match: 'exact',
      guard: 'open',
      upstreamPath: `/${path}`,
    }),
  ),
  {
    ...auth,
    name: 'auth-oauth-server',
    path: '/.well-known/oauth-authorization-server',
    guard: 'open',
    upstreamPath: null,
  },
  { ...auth, name: 'auth', path: '/auth/v1/', guard: 'any-key', upstreamPath: '/' },
  // The root describes every table and function: for administrators only.
  { ...rest, name: 'rest-root', path: '/rest/v1', match: 'exact', guard: 'admin-key', upstreamPath: '/' },
  { ...rest, name: 'rest', path: '/rest/v1/', guard: 'any-key', upstreamPath: '/' },
  // Its key to everything of the tenant would be the anonymous one.
  { ...realtime, name: 'realtime-tenants', path: '/realtime/v1/api/tenants', guard: 'closed', upstreamPath: null },
  { ...realtime, name: 'realtime-openapi', path: '/realtime/v1/api/openapi', guard: 'closed', upstreamPath: null },
  { ...realtime, name: 'realtime-api', path: '/realtime/v1/api/', guard: 'any-key', upstreamPath: '/api/' },
  { ...realtime, name: 'realtime', path: '/realtime/v1/', guard: 'any-key', upstreamPath: '/socket/' },
  // Our API knows its callers by their own tokens.
  {
    name: 'api',
    path: '/api/v1/',
    match: 'prefix',
    guard: 'open',
    upstream: 'api',
    upstreamPath: null,
    silenceMs: 150_000,
  },
];
