import { createHmac } from 'node:crypto';
import type { ComposeService, ServiceContext } from '../service.ts';

/** Stands in every token: with another address all of them are void. So never the public one. */
export const hatchetUrl = 'http://hatchet:8888';
export const hatchetGrpc = 'hatchet:7077';

export const hatchetDatabaseUrl = ({ databaseUrl }: ServiceContext): string =>
  `${databaseUrl('hatchet', 'hatchet')}?sslmode=disable`;

/** Lower case, upper case and a digit, as the seed demands; the dashboard that it opens is published nowhere. */
const adminPassword = ({ secrets }: ServiceContext): string =>
  `Aa1-${createHmac('sha256', secrets.hatchetTokenSecret).update('dashboard').digest('base64url')}`;

/** The task engine in one container, on its own database. */
export const hatchet: ComposeService = {
  name: 'hatchet',
  image: 'hatchet',
  kind: 'service',
  included: ({ engineElsewhere }) => !engineElsewhere,
  environment: ({ secrets }) => ({
    // Three data layers open this many connections each.
    DATABASE_MAX_CONNS: '15',
    DEFAULT_TENANT_ID: secrets.hatchetTenantId,
    LITE_RUNTIME_PORT: '8888',
    SERVER_URL: hatchetUrl,
    SERVER_GRPC_BIND_ADDRESS: '0.0.0.0',
    SERVER_GRPC_PORT: '7077',
    SERVER_GRPC_BROADCAST_ADDRESS: hatchetGrpc,
    SERVER_GRPC_INSECURE: 't',
    SERVER_INTERNAL_CLIENT_INTERNAL_GRPC_BROADCAST_ADDRESS: 'localhost:7077',
    SERVER_HEALTHCHECK: 'true',
    SERVER_HEALTHCHECK_PORT: '8733',
    SERVER_MSGQUEUE_KIND: 'postgres',
    SERVER_AUTH_COOKIE_DOMAIN: 'hatchet',
    SERVER_AUTH_COOKIE_INSECURE: 't',
    SERVER_AUTH_SET_EMAIL_VERIFIED: 't',
    SERVER_ALLOW_SIGNUP: 'false',
    SERVER_ALLOW_INVITES: 'false',
    SERVER_ALLOW_CREATE_TENANT: 'false',
    SERVER_SECURITY_CHECK_ENABLED: 'false',
    SERVER_ENABLE_WORKER_RETENTION: 'true',
    SERVER_LIMITS_DEFAULT_TENANT_RETENTION_PERIOD: '168h',
  }),
  secrets: (context) => ({ DATABASE_URL: hatchetDatabaseUrl(context), ADMIN_PASSWORD: adminPassword(context) }),
  networks: { data: {}, tasks: {} },
  mounts: () => [{ volume: 'hatchet-config', target: '/config' }],
  tmpfs: ['/tmp'],
  needs: { 'db-setup': 'service_completed_successfully' },
  health: {
    test: ['CMD-SHELL', 'curl -fsS localhost:8733/ready && curl -fsS localhost:8888/api/ready'],
    intervalSeconds: 3,
    timeoutSeconds: 6,
    retries: 20,
    startSeconds: 60,
  },
  stopSeconds: () => 15,
  limits: { memoryMegabytes: 1024, cpus: 2, pids: 256 },
  exceptions: {
    root: 'the image has no other user, and its entry script writes the keys to /config',
    writableRoot: 'the entry script was never run read-only',
  },
};
