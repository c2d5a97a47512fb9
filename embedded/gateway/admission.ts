import type { IncomingMessage } from 'node:http';
import type { ApiKey, ApiKeys } from './keys.ts';
import { findRoute, normalizePath } from './match.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Route } from './routes.ts';

/** A request that may pass, and what the upstream gets. */
export interface Admitted {
  route: Route;
  /** Path and query at the upstream. */
  target: string;
  /** Absent on routes that are open to anyone. */
  key: ApiKey | undefined;
  authorization: string | undefined;
}

export type Admission = { admitted: Admitted } | { refusal: Refusal };

/**
 * Decides about a request by its head alone: route, then guard, then key. A maintenance mode is one more check in front of
 * these (503 and Retry-After for what it covers); nothing behind this function needs to know about it.
 */
export function admit(request: IncomingMessage, keys: ApiKeys): Admission {
  const [rawPath = '', rawQuery] = splitTarget(request.url ?? '');
  const path = normalizePath(rawPath);
  if (path === undefined) return { refusal: refusals.badTarget };
  const match = findRoute(path);
  if (match === undefined) return { refusal: refusals.noRoute };
  const { route, upstreamPath } = match;
  if ('closed' in route.guard) return { refusal: refusals.closed };

  const query = new URLSearchParams(rawQuery ?? '');
  const presented = headerOf(request, 'apikey') ?? query.get('apikey') ?? undefined;
  const key = presented === undefined || presented === '' ? undefined : keys.find(presented);
  if ('keys' in route.guard) {
    if (presented === undefined || presented === '') return { refusal: refusals.noKey };
    if (key === undefined) return { refusal: refusals.unknownKey };
    if (!route.guard.keys.includes(key.group)) return { refusal: refusals.wrongGroup };
  }
  const search = rewriteQuery(rawQuery, query, route, key);
  return {
    admitted: {
      route,
      target: search === '' ? upstreamPath : `${upstreamPath}?${search}`,
      key: 'keys' in route.guard ? key : undefined,
      authorization: authorizationOf(headerOf(request, 'authorization'), 'keys' in route.guard ? key : undefined),
    },
  };
}

/** A user's token wins; without one, or with an opaque key in its place, the key's JWT stands for the caller. */
function authorizationOf(given: string | undefined, key: ApiKey | undefined): string | undefined {
  const opaque = given !== undefined && /^(?:\S+\s+)?sb_/i.test(given);
  if (given !== undefined && given !== '' && !opaque) return given;
  if (key === undefined) return opaque ? undefined : given;
  return `Bearer ${key.jwt}`;
}

/** The query as it came, byte for byte, unless the key in it has to change. */
function rewriteQuery(raw: string | undefined, query: URLSearchParams, route: Route, key: ApiKey | undefined): string {
  if (raw === undefined || route.queryKey === 'keep' || !query.has('apikey')) return raw ?? '';
  const others = raw.split('&').filter((pair) => !new URLSearchParams(pair).has('apikey'));
  if (route.queryKey === 'translate' && key !== undefined) others.push(`apikey=${encodeURIComponent(key.jwt)}`);
  return others.join('&');
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function splitTarget(target: string): [string, string | undefined] {
  const at = target.indexOf('?');
  return at < 0 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)];
}
