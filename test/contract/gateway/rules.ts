import type { KeyKind } from './keys.ts';

export interface Rule {
  method: string;
  path: string;
  /** Who gets through; everyone else is refused as `refusal` says. */
  guard: 'open' | 'any key' | 'admin key' | 'closed';
  upstream: 'auth' | 'rest' | 'realtime' | 'api';
  upstreamPath: string;
}

/** Every route of the gateway. */
export const rules: readonly Rule[] = [
  {
    method: 'GET',
    path: '/auth/v1/verify?type=signup',
    guard: 'open',
    upstream: 'auth',
    upstreamPath: '/verify?type=signup',
  },
  {
    method: 'GET',
    path: '/auth/v1/callback?code=x',
    guard: 'open',
    upstream: 'auth',
    upstreamPath: '/callback?code=x',
  },
  {
    method: 'GET',
    path: '/auth/v1/authorize?provider=x',
    guard: 'open',
    upstream: 'auth',
    upstreamPath: '/authorize?provider=x',
  },
  {
    method: 'GET',
    path: '/auth/v1/.well-known/jwks.json',
    guard: 'open',
    upstream: 'auth',
    upstreamPath: '/.well-known/jwks.json',
  },
  { method: 'POST', path: '/auth/v1/sso/saml/acs', guard: 'open', upstream: 'auth', upstreamPath: '/sso/saml/acs' },
  {
    method: 'GET',
    path: '/auth/v1/sso/saml/metadata',
    guard: 'open',
    upstream: 'auth',
    upstreamPath: '/sso/saml/metadata',
  },
  {
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    guard: 'open',
    upstream: 'auth',
    upstreamPath: '/.well-known/oauth-authorization-server',
  },
  { method: 'GET', path: '/auth/v1/settings', guard: 'any key', upstream: 'auth', upstreamPath: '/settings' },
  {
    method: 'POST',
    path: '/auth/v1/token?grant_type=x',
    guard: 'any key',
    upstream: 'auth',
    upstreamPath: '/token?grant_type=x',
  },
  { method: 'GET', path: '/rest/v1/', guard: 'admin key', upstream: 'rest', upstreamPath: '/' },
  {
    method: 'GET',
    path: '/rest/v1/things?select=*&id=eq.1',
    guard: 'any key',
    upstream: 'rest',
    upstreamPath: '/things?select=*&id=eq.1',
  },
  { method: 'POST', path: '/rest/v1/rpc/do', guard: 'any key', upstream: 'rest', upstreamPath: '/rpc/do' },
  {
    method: 'POST',
    path: '/realtime/v1/api/broadcast',
    guard: 'any key',
    upstream: 'realtime',
    upstreamPath: '/api/broadcast',
  },
  { method: 'GET', path: '/realtime/v1/api/tenants', guard: 'closed', upstream: 'realtime', upstreamPath: '' },
  {
    method: 'GET',
    path: '/realtime/v1/api/tenants/realtime-dev',
    guard: 'closed',
    upstream: 'realtime',
    upstreamPath: '',
  },
  { method: 'GET', path: '/realtime/v1/api/openapi', guard: 'closed', upstream: 'realtime', upstreamPath: '' },
];

/** Ours alone: a gateway of somebody else has no platform API behind it. */
export const platformRules: readonly Rule[] = [
  { method: 'GET', path: '/api/v1/health?x=1', guard: 'open', upstream: 'api', upstreamPath: '/api/v1/health?x=1' },
];

/** What a request with that kind of key gets: `undefined` is a pass. */
export function refusalOf(guard: Rule['guard'], kind: KeyKind): { status: number; message?: string } | undefined {
  if (guard === 'open') return undefined;
  if (guard === 'closed') return { status: 403 };
  if (kind === 'none') return { status: 401, message: 'No API key found in request' };
  if (kind === 'unknown') return { status: 401, message: 'Invalid authentication credentials' };
  const admin = kind === 'service' || kind === 'secret';
  return guard === 'admin key' && !admin ? { status: 403, message: 'You cannot consume this service' } : undefined;
}
