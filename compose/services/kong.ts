import { kongConfig } from '../gateway/kong-config.ts';
import type { ComposeService, ServiceContext } from '../service.ts';
import { askHttp } from './http-health.ts';

/** `#` would begin a comment in Kong's own settings, wherever it stands. */
const oneLine = (context: ServiceContext): string => JSON.stringify(kongConfig(context)).replaceAll('#', '\\u0023');

/** A proxy in front (ours or the operator's) says who the caller is; without one, callers could say so themselves. */
const behindProxy = ({ settings }: ServiceContext): boolean =>
  settings.domain !== undefined || settings.publicUrl !== undefined;

/** The gateway, on loopback of the host. Its configuration is in its environment: a change of it makes a new container. */
export const kong: ComposeService = {
  name: 'kong',
  image: 'kong',
  kind: 'service',
  environment: (context) => ({
    KONG_DATABASE: 'off',
    KONG_ROUTER_FLAVOR: 'expressions',
    KONG_PLUGINS: 'request-transformer,cors,key-auth,acl,request-termination',
    // Made by Kong itself. A tmpfs of its own would belong to root after a restart of the container: runc 1.1 gives it the
    // mode of the directory below it, and forgets the one that it was made with.
    KONG_PREFIX: '/tmp/kong',
    KONG_PROXY_LISTEN: '0.0.0.0:8000',
    KONG_ADMIN_LISTEN: 'off',
    KONG_STATUS_LISTEN: '127.0.0.1:8100',
    KONG_NGINX_WORKER_PROCESSES: '2',
    // Keys may stand in the query of a socket's address, and so would in this log.
    KONG_PROXY_ACCESS_LOG: 'off',
    KONG_PROXY_ERROR_LOG: '/dev/stderr',
    // Low, or a container that was made anew is looked for at its old address.
    KONG_DNS_ORDER: 'LAST,A,CNAME',
    KONG_DNS_NOT_FOUND_TTL: '1',
    KONG_DNS_VALID_TTL: '5',
    KONG_NGINX_PROXY_PROXY_BUFFER_SIZE: '160k',
    KONG_NGINX_PROXY_PROXY_BUFFERS: '64 160k',
    KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE: '64m',
    ...(behindProxy(context)
      ? { KONG_TRUSTED_IPS: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16', KONG_REAL_IP_HEADER: 'X-Forwarded-For' }
      : {}),
  }),
  secrets: (context) => ({ KONG_DECLARATIVE_CONFIG_STRING: oneLine(context) }),
  networks: { services: {}, tasks: {} },
  tmpfs: ['/tmp'],
  ports: ({ settings }) => [`127.0.0.1:${settings.ports.gateway}:8000`],
  needs: { auth: 'service_healthy', rest: 'service_healthy', realtime: 'service_healthy' },
  // Ready means that the routes are loaded; `kong health` would only say that the process is there, and takes a Lua
  // interpreter for it.
  health: {
    test: ['CMD', 'bash', '-c', askHttp(8100, '/status/ready')],
    intervalSeconds: 2,
    timeoutSeconds: 8,
    retries: 6,
    startSeconds: 40,
  },
  stopSeconds: () => 15,
  limits: { memoryMegabytes: 1024, cpus: 1, pids: 128 },
};
