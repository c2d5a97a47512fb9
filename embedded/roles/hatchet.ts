import { local, loopback, type Role } from './role.ts';

/** The task engine's place (hatchet-lite). */
export const hatchetRole: Role = {
  name: 'hatchet',
  entry: 'embedded/hatchet/main',
  heapMegabytes: 192,
  env: ({ settings, secrets, databaseUrl }) => ({
    DATABASE_URL: databaseUrl('hatchet', 'hatchet'),
    SERVER_GRPC_BIND_ADDRESS: loopback,
    SERVER_GRPC_PORT: String(settings.ports.hatchetGrpc),
    SERVER_GRPC_BROADCAST_ADDRESS: `${loopback}:${settings.ports.hatchetGrpc}`,
    SERVER_GRPC_INSECURE: 't',
    LITE_RUNTIME_PORT: String(settings.ports.hatchetRest),
    SERVER_HEALTHCHECK_PORT: String(settings.ports.hatchetHealth),
    SERVER_URL: local(settings.ports.hatchetRest),
    SERVER_MSGQUEUE_KIND: 'postgres',
    DEFAULT_TENANT_ID: secrets.hatchetTenantId,
    SFP_HATCHET_TOKEN_SECRET: secrets.hatchetTokenSecret,
  }),
  probe: ({ settings }) => ({ kind: 'http', url: `${local(settings.ports.hatchetHealth)}/ready` }),
  remoteProbe: (url) => ({ kind: 'http', url: `${url}/api/ready` }),
  needs: ['postgres'],
  stopTimeoutMs: () => 5_000,
};
