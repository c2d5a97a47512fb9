import type { ImageName } from '../stack/image-names.ts';
import type { StackSecrets } from '../stack/secrets.ts';
import type { ServerSettings } from '../stack/server-settings.ts';

export type ServiceName =
  | 'vault-key'
  | 'db'
  | 'db-setup'
  | 'auth'
  | 'realtime'
  | 'supabase-migrations'
  | 'rest'
  | 'kong'
  | 'hatchet'
  | 'hatchet-token'
  | 'api'
  | 'worker-standard'
  | 'worker-long'
  | 'edge';

/** What services are rendered from. */
export interface ServiceContext {
  settings: ServerSettings;
  secrets: StackSecrets;
  /** 64 hexadecimal digits. */
  vaultRootKey: string;
  /** Origin under which clients reach the stack. */
  publicUrl: string;
  /** `postgres://…` of a role, with that role's own password. */
  databaseUrl(role: string, database?: string): string;
  password(role: string): string;
  /** A task engine that runs elsewhere; then the stack has none of its own. */
  externalHatchet: { url: string; grpc: string } | null;
}

export type NetworkName = 'data' | 'services' | 'tasks';
type Condition = 'service_healthy' | 'service_completed_successfully' | 'service_started';

export interface Health {
  /** CMD or CMD-SHELL form, run inside the container. */
  test: readonly [kind: 'CMD' | 'CMD-SHELL', ...string[]];
  intervalSeconds: number;
  timeoutSeconds: number;
  retries: number;
  startSeconds: number;
}

export interface Mount {
  /** Named volume; null for one that each container has for itself. */
  volume: string | null;
  target: string;
  readOnly?: true;
}

/** Where a container is less closed than the rule, each with the reason. */
interface Exceptions {
  /** Starts as root. */
  root?: string;
  /** May write to its own root file system. */
  writableRoot?: string;
  /** Capabilities that it gets back after all were dropped. */
  capabilities?: { names: readonly string[]; why: string };
  /** Listens on every interface of the host. */
  publicPorts?: string;
}

/** One container of a stack, as data. */
export interface ComposeService {
  name: ServiceName;
  image: ImageName;
  /** A job runs to its end before what needs it starts. */
  kind: 'service' | 'job';
  /** Absent: always. */
  included?(of: { settings: ServerSettings; engineElsewhere: boolean }): boolean;
  entrypoint?: readonly string[];
  command?: readonly string[];
  /** Absent: the image's own, which is not root (unless excepted). */
  user?: string;
  /** Readable in compose.yaml. */
  environment(context: ServiceContext): Record<string, string>;
  /** In env/<service>.env, 0600; only what this service needs. */
  secrets?(context: ServiceContext): Record<string, string>;
  networks: Partial<Record<NetworkName, { aliases?: readonly string[] }>>;
  mounts?(context: ServiceContext): readonly Mount[];
  tmpfs?: readonly string[];
  ports?(context: ServiceContext): readonly string[];
  needs: Partial<Record<ServiceName, Condition>>;
  health?: Health;
  stopSeconds?(context: ServiceContext): number;
  sharedMemory?: string;
  limits: { memoryMegabytes: number; cpus: number; pids: number };
  exceptions?: Exceptions;
}
