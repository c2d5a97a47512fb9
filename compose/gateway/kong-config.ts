import type { ServiceContext } from '../service.ts';
import { apiOrigin } from '../services/api.ts';
import { type GatewayRoute, gatewayRoutes } from './gateway-routes.ts';
import { headerTranslation, queryTranslation } from './key-translation.ts';

type Plugin = { name: string; config?: Record<string, unknown> };

const upstreams: Record<GatewayRoute['upstream'], string> = {
  auth: 'http://auth:9999',
  rest: 'http://rest:3000',
  // Realtime takes its tenant from the host name.
  realtime: 'http://realtime-dev.supabase-realtime:4000',
  api: apiOrigin,
};

const groups = { 'any-key': ['admin', 'anon'], 'admin-key': ['admin'] } as const;

/** Kong's declarative configuration, with every value in it: no entry script has to fill anything in. */
export function kongConfig(context: ServiceContext) {
  const { secrets } = context;
  return {
    _format_version: '3.0',
    _transform: true,
    consumers: [
      { username: 'anon', keyauth_credentials: [{ key: secrets.anonKey }, { key: secrets.publishableKey }] },
      { username: 'service_role', keyauth_credentials: [{ key: secrets.serviceRoleKey }, { key: secrets.secretKey }] },
    ],
    acls: [
      { consumer: 'anon', group: 'anon' },
      { consumer: 'service_role', group: 'admin' },
    ],
    plugins: [
      {
        name: 'cors',
        config: { origins: ['*'], credentials: false, max_age: 3600, exposed_headers: exposedHeaders },
      },
    ],
    services: gatewayRoutes.map((route, index) => ({
      name: route.name,
      url: `${upstreams[route.upstream]}${route.match === 'exact' ? '/' : (route.upstreamPath ?? '/')}`,
      connect_timeout: 5_000,
      read_timeout: route.silenceMs,
      write_timeout: route.silenceMs,
      retries: 0,
      routes: [
        {
          name: route.name,
          // First in the table wins: the router tries the greatest number first.
          priority: gatewayRoutes.length - index,
          expression: expression(route),
          strip_path: route.match === 'prefix' && route.upstreamPath !== null,
          preserve_host: false,
          protocols: ['http', 'https'],
          request_buffering: false,
          response_buffering: false,
        },
      ],
      plugins: plugins(route, secrets),
    })),
  };
}

const expression = ({ path, match }: GatewayRoute): string =>
  match === 'exact' ? `http.path == "${path}" || http.path == "${path}/"` : `http.path ^= "${path}"`;

function plugins(route: GatewayRoute, secrets: ServiceContext['secrets']): Plugin[] {
  if (route.guard === 'closed') {
    return [{ name: 'request-termination', config: { status_code: 403, message: 'Forbidden' } }];
  }
  // Which part of the path an equality would strip is not documented, so the whole of it is replaced.
  const path = route.match === 'exact' && route.upstreamPath !== null ? { uri: route.upstreamPath } : {};
  if (route.guard === 'open') {
    return 'uri' in path ? [{ name: 'request-transformer', config: { replace: path } }] : [];
  }
  const headers = [`Authorization:${headerTranslation(secrets)}`];
  const key = queryTranslation(secrets);
  const socketHeaders = [...headers, `x-api-key:${key}`];
  const translated =
    route.upstream === 'realtime'
      ? {
          add: { headers: socketHeaders },
          replace: { headers: [...socketHeaders, `apikey:${key}`], querystring: [`apikey:${key}`] },
        }
      : {
          add: { headers },
          replace: { ...path, headers },
          // A backend gets the JWT; PostgREST would read the parameter as a filter.
          remove: { headers: ['apikey'], querystring: ['apikey'] },
        };
  return [
    { name: 'key-auth', config: { key_names: ['apikey'], hide_credentials: false } },
    { name: 'acl', config: { allow: groups[route.guard], hide_groups_header: true } },
    { name: 'request-transformer', config: translated },
  ];
}

const exposedHeaders = [
  'content-encoding',
  'content-location',
  'content-profile',
  'content-range',
  'etag',
  'link',
  'location',
  'range-unit',
  'retry-after',
  'x-request-id',
  'x-sb-error-code',
  'x-supabase-api-version',
  'x-total-count',
];
