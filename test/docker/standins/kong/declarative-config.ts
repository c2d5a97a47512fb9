import { z } from 'zod';
import type { KeySettings, UpstreamName } from '../../../../embedded/gateway/config.ts';
import type { Route } from '../../../../embedded/gateway/routes.ts';

const transformer = z.strictObject({
  add: z.strictObject({ headers: z.array(z.string()) }).optional(),
  replace: z
    .strictObject({
      uri: z.string().optional(),
      headers: z.array(z.string()).optional(),
      querystring: z.array(z.string()).optional(),
    })
    .optional(),
  remove: z.strictObject({ headers: z.array(z.string()), querystring: z.array(z.string()) }).optional(),
});
const plugin = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('cors'), config: z.record(z.string(), z.unknown()) }),
  z.strictObject({
    name: z.literal('key-auth'),
    config: z.strictObject({ key_names: z.tuple([z.literal('apikey')]), hide_credentials: z.literal(false) }),
  }),
  z.strictObject({
    name: z.literal('acl'),
    config: z.strictObject({ allow: z.array(z.enum(['anon', 'admin'])).min(1), hide_groups_header: z.boolean() }),
  }),
  z.strictObject({ name: z.literal('request-transformer'), config: transformer }),
  z.strictObject({
    name: z.literal('request-termination'),
    config: z.strictObject({ status_code: z.literal(403), message: z.string() }),
  }),
]);
type Plugin = z.infer<typeof plugin>;

const service = z.strictObject({
  name: z.string(),
  url: z.url(),
  connect_timeout: z.int().positive(),
  read_timeout: z.int().positive(),
  write_timeout: z.int().positive(),
  retries: z.int(),
  routes: z.tuple([
    z.strictObject({
      name: z.string(),
      priority: z.int().positive(),
      expression: z.string(),
      strip_path: z.boolean(),
      preserve_host: z.literal(false),
      protocols: z.array(z.enum(['http', 'https'])),
      request_buffering: z.boolean(),
      response_buffering: z.boolean(),
    }),
  ]),
  plugins: z.array(plugin),
});
type Service = z.infer<typeof service>;

/** Kong's declarative configuration, format 3.0, as far as it is used; anything else in it is refused. */
const declarativeSchema = z.strictObject({
  _format_version: z.literal('3.0'),
  _transform: z.literal(true),
  consumers: z.array(
    z.strictObject({ username: z.string(), keyauth_credentials: z.array(z.strictObject({ key: z.string().min(1) })) }),
  ),
  acls: z.array(z.strictObject({ consumer: z.string(), group: z.enum(['anon', 'admin']) })),
  plugins: z.array(plugin),
  services: z.array(service).min(1),
});

interface Declared {
  routes: Route[];
  upstreams: Record<UpstreamName, URL>;
  keys: KeySettings;
  /** Names of every plugin in it, each of which has to be enabled. */
  plugins: Set<string>;
}

const labels: readonly UpstreamName[] = ['auth', 'rest', 'realtime', 'api'];

/** What the gateway works with, out of Kong's own configuration alone. */
export function readDeclarative(text: string, bodyLimitBytes: number): Declared {
  const config = declarativeSchema.parse(JSON.parse(text));
  const services = [...config.services].sort((one, other) => other.routes[0].priority - one.routes[0].priority);
  // The gateway has four names for where it sends; which is which means nothing to it.
  const origins = [...new Set(services.map(({ url }) => new URL(url).origin))];
  if (origins.length !== labels.length)
    throw new Error(`${origins.length} upstreams; this gateway has ${labels.length}`);
  const labelOf = (url: string): UpstreamName => labels[origins.indexOf(new URL(url).origin)] ?? 'api';
  const upstream = (label: UpstreamName): URL => new URL(origins[labels.indexOf(label)] ?? '');
  return {
    routes: services.map((each) => routeOf(each, labelOf(each.url), bodyLimitBytes)),
    upstreams: {
      auth: upstream('auth'),
      rest: upstream('rest'),
      realtime: upstream('realtime'),
      api: upstream('api'),
    },
    keys: keysOf(config),
    plugins: new Set([...config.plugins, ...services.flatMap(({ plugins }) => plugins)].map(({ name }) => name)),
  };
}

function routeOf(
  { name, url, read_timeout, routes: [route], plugins }: Service,
  upstream: UpstreamName,
  bodyLimitBytes: number,
): Route {
  const { path, exact } = pathOf(route.expression);
  const transform = find(plugins, 'request-transformer')?.config;
  const base = new URL(url).pathname.replace(/\/$/, '');
  const stripped = exact ? transform?.replace?.uri?.replace(/\/$/, '') : route.strip_path ? base : undefined;
  return {
    name,
    path,
    ...(exact ? { exact } : {}),
    guard: guardOf(plugins),
    upstream,
    ...(stripped === undefined ? {} : { upstreamPath: stripped }),
    queryKey: (transform?.replace?.querystring ?? []).some((pair) => pair.startsWith('apikey:'))
      ? 'translate'
      : (transform?.remove?.querystring ?? []).includes('apikey')
        ? 'remove'
        : 'keep',
    bodyLimitBytes,
    silenceMs: read_timeout,
  };
}

/** Two forms of the router's expressions: one path with and without a slash at its end, and everything that begins so. */
function pathOf(expression: string): { path: string; exact?: true } {
  const exact = /^http\.path == "([^"]+)" \|\| http\.path == "\1\/"$/.exec(expression);
  if (exact?.[1] !== undefined) return { path: exact[1], exact: true };
  const prefix = /^http\.path \^= "([^"]+)"$/.exec(expression);
  if (prefix?.[1] !== undefined) return { path: prefix[1].replace(/\/$/, '') };
  throw new Error(`the expression is not understood: ${expression}`);
}

function guardOf(plugins: readonly Plugin[]): Route['guard'] {
  if (find(plugins, 'request-termination') !== undefined) return { closed: true };
  if (find(plugins, 'key-auth') === undefined) return { open: true };
  const acl = find(plugins, 'acl');
  if (acl === undefined) throw new Error('key-auth without acl lets every consumer pass');
  return { keys: acl.config.allow };
}

function find<Name extends Plugin['name']>(plugins: readonly Plugin[], name: Name) {
  return plugins.find((each): each is Extract<Plugin, { name: Name }> => each.name === name);
}

/** Opaque keys are those that a transformer's template exchanges for a JWT; the others are JWTs themselves. */
function keysOf({ consumers, acls, services }: z.infer<typeof declarativeSchema>): KeySettings {
  const template = JSON.stringify(services.map(({ plugins }) => find(plugins, 'request-transformer')));
  const exchanged = new Map(
    [...template.matchAll(/== '([^']+)' and 'Bearer ([^']+)'/g)].map(([, key = '', jwt = '']) => [key, jwt]),
  );
  const of = (group: 'anon' | 'admin'): string[] => {
    const members = new Set(acls.filter((acl) => acl.group === group).map(({ consumer }) => consumer));
    return consumers
      .filter(({ username }) => members.has(username))
      .flatMap(({ keyauth_credentials: keys }) => keys.map(({ key }) => key));
  };
  const split = (keys: readonly string[]) => {
    const opaque = keys.find((key) => exchanged.has(key));
    return { legacy: keys.find((key) => !exchanged.has(key)), opaque, jwt: exchanged.get(opaque ?? '') };
  };
  const anon = split(of('anon'));
  const admin = split(of('admin'));
  return {
    anonKey: anon.legacy,
    serviceKey: admin.legacy,
    publishableKey: anon.opaque,
    secretKey: admin.opaque,
    anonJwt: anon.jwt,
    serviceJwt: admin.jwt,
  };
}
