import type { ComposeService } from '../service.ts';
import { hatchetDatabaseUrl, hatchetGrpc, hatchetUrl } from './hatchet.ts';

/**
 * Makes the token with which the API server and the workers talk to the engine, once. When the engine's keys are lost,
 * the volume `hatchet-token` has to go with them, so that a new token is made.
 */
export const hatchetToken: ComposeService = {
  name: 'hatchet-token',
  image: 'hatchet',
  kind: 'job',
  included: ({ engineElsewhere }) => !engineElsewhere,
  entrypoint: ['sh', '-euc'],
  // Readable by any user, because ours is not root; only containers that mount the volume see it.
  command: [
    `[ -s /token/token ] && exit 0
/hatchet-admin token create --config /config --tenant-id "$DEFAULT_TENANT_ID" --name platform --expiresIn 87600h > /token/new
[ -s /token/new ]
chmod 0444 /token/new
mv /token/new /token/token
`,
  ],
  environment: ({ secrets }) => ({
    DEFAULT_TENANT_ID: secrets.hatchetTenantId,
    SERVER_URL: hatchetUrl,
    SERVER_GRPC_BROADCAST_ADDRESS: hatchetGrpc,
    SERVER_GRPC_INSECURE: 't',
    SERVER_MSGQUEUE_KIND: 'postgres',
  }),
  secrets: (context) => ({ DATABASE_URL: hatchetDatabaseUrl(context) }),
  networks: { data: {} },
  mounts: () => [
    { volume: 'hatchet-config', target: '/config', readOnly: true },
    { volume: 'hatchet-token', target: '/token' },
  ],
  tmpfs: ['/tmp'],
  needs: { hatchet: 'service_healthy' },
  limits: { memoryMegabytes: 256, cpus: 1, pids: 64 },
  exceptions: { root: 'reads the engine’s keys, which belong to root, and writes to a volume that does' },
};
