import type { Exchange } from './exchange.ts';
import { MethodNotAllowed, NoRoute } from './failure.ts';
import type { LimitName } from './rate-limits.ts';
import type { Reply } from './reply.ts';

export type Handler = (exchange: Exchange) => Promise<Reply> | Reply;

/** One path and its methods. */
export interface Resource {
  /** Segments that begin with a colon are parameters; a last `*` takes the rest. */
  path: string;
  methods: Record<string, Handler>;
  /** Runs before the method is looked at, so that a stranger does not learn which methods there are. */
  guard?: (exchange: Exchange) => Promise<unknown>;
  /** Methods that an address may use only so often. */
  limits?: Record<string, LimitName>;
  /** The path is also known with a slash at its end. */
  trailingSlash?: boolean;
}

export interface Match {
  resource: Resource;
  params: Record<string, string>;
}

/** Finds the resource of a path; throws NoRoute. */
export function findResource(resources: readonly Resource[], path: string): Match {
  for (const resource of resources) {
    const candidate = resource.trailingSlash === true ? path.replace(/(?<=.)\/$/, '') : path;
    const params = matchPath(resource.path, candidate);
    if (params !== undefined) return { resource, params };
  }
  throw new NoRoute();
}

/** Guard, then method, then limit, then handler. */
export async function handle(match: Match, exchange: Exchange): Promise<Reply> {
  const { guard, methods, limits } = match.resource;
  if (guard !== undefined) await guard(exchange);
  const handler = methods[exchange.method];
  if (handler === undefined) {
    if (Object.keys(methods).length === 0) throw new NoRoute();
    throw new MethodNotAllowed(Object.keys(methods));
  }
  const limit = limits?.[exchange.method];
  if (limit !== undefined) exchange.service.limits.take(limit, exchange);
  return handler(exchange);
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const open = wanted.at(-1) === '*';
  if (open ? given.length < wanted.length : given.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment === '*') return params;
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = value;
    else if (segment !== value) return undefined;
  }
  return params;
}
