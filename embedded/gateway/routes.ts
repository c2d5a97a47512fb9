import type { UpstreamName } from './config.ts';
import type { KeyGroup } from './keys.ts';

/** Who may pass: anyone, a request with a key of one of the groups, or nobody. */
type Guard = { open: true } | { keys: readonly KeyGroup[] } | { closed: true };

export interface Route {
  /** For logs. */
  name: string;
  /** Compared after normalisation with or without a slash at its end; first match wins. */
  path: string;
  /** Only the path itself. Without it also everything below. */
  exact?: true;
  guard: Guard;
  upstream: UpstreamName;
  /** What `path` becomes at the upstream; absent: it is kept. */
  upstreamPath?: string;
  /** The `apikey` query parameter: passed on translated, or taken out where the backend would read it as a filter. */
  queryKey: 'translate' | 'remove' | 'keep';
  bodyLimitBytes: number;
  /** How long the upstream may be silent. */
  silenceMs: number;
}

const mebibyte = 1024 * 1024;
const open: Guard = { open: true };
const closed: Guard = { closed: true };
const anyKey: Guard = { keys: ['anon', 'admin'] };
const adminKey: Guard = { keys: ['admin'] };

const auth = { upstream: 'auth', queryKey: 'remove', bodyLimitBytes: 2 * mebibyte, silenceMs: 60_000 } as const;
const rest = { upstream: 'rest', queryKey: 'remove', bodyLimitBytes: 64 * mebibyte, silenceMs: 150_000 } as const;
const realtime = {
  upstream: 'realtime',
  queryKey: 'translate',
  bodyLimitBytes: 8 * mebibyte,
  silenceMs: 60_000,
} as const;
const api = { upstream: 'api', queryKey: 'keep', bodyLimitBytes: 16 * mebibyte, silenceMs: 150_000 } as const;

const openAuthPaths = [
  '/verify',
  '/callback',
  '/authorize',
  '/.well-known/jwks.json',
  '/sso/saml/acs',
  '/sso/saml/metadata',
];

/** Every way through the gateway, in the order in which they are tried. */
export const routes: readonly Route[] = [
  ...openAuthPaths.map(
    (path): Route => ({
      ...auth,
      name: 'auth-open',
      path: `/auth/v1${path}`,
      exact: true,
      guard: open,
      upstreamPath: path,
    }),
  ),
  { ...auth, name: 'auth-open', path: '/.well-known/oauth-authorization-server', guard: open },
  { ...auth, name: 'auth', path: '/auth/v1', guard: anyKey, upstreamPath: '' },
  // The root describes every table and function: for administrators only.
  { ...rest, name: 'rest-root', path: '/rest/v1', exact: true, guard: adminKey, upstreamPath: '' },
  { ...rest, name: 'rest', path: '/rest/v1', guard: anyKey, upstreamPath: '' },
  // Whoever may use the tenant API may read the tenant's secrets; it is for the machine itself, past the gateway.
  { ...realtime, name: 'realtime-closed', path: '/realtime/v1/api/tenants', guard: closed },
  { ...realtime, name: 'realtime-closed', path: '/realtime/v1/api/openapi', guard: closed },
  { ...realtime, name: 'realtime-api', path: '/realtime/v1/api', guard: anyKey, upstreamPath: '/api' },
  { ...realtime, name: 'realtime', path: '/realtime/v1', guard: anyKey, upstreamPath: '/socket' },
  // Our API knows its callers by their own tokens.
  { ...api, name: 'api', path: '/api/v1', guard: open },
];
