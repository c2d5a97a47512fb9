import { createHmac } from 'node:crypto';
import type { ImageName } from '../stack/image-names.ts';
import type { StackLayout } from '../stack/layout.ts';
import type { EngineFeatures } from './engine/engine-features.ts';
import { configLabel, projectName, stackLabels } from './project.ts';
import type { ComposeService, Health, Mount, NetworkName, ServiceContext } from './service.ts';
import { servicesOf } from './service-table.ts';
import { renderYaml } from './yaml.ts';

const networks: Record<NetworkName, { internal?: true }> = {
  // The database and what asks it; no way out, so that nothing in a query reaches beyond the stack.
  data: { internal: true },
  // What clients reach through the gateway, with a way out for mail and sign-in providers.
  services: {},
  // Workers, the gateway and the engine: what projects run sees nothing else.
  tasks: {},
};

const header = `# Rendered by sfp from server.json, secrets.json and the platform version: edits are lost with the next command.
# Your own additions belong into compose.override.yaml, which sfp never touches. Secrets are in env/, readable by you only.
`;

/** compose.yaml: the same input gives the same bytes. No secret is in it. */
export function renderComposeFile(
  context: ServiceContext,
  images: Readonly<Record<ImageName, string>>,
  layout: Pick<StackLayout, 'tenant' | 'dir'>,
  features: EngineFeatures,
): string {
  const labels = stackLabels(layout);
  const services = servicesOf(context);
  const volumes = services
    .flatMap((service) => service.mounts?.(context) ?? [])
    .flatMap(({ volume }) => volume ?? [])
    .sort();
  const document = {
    name: projectName(context.settings.tenant),
    services: Object.fromEntries(
      services.map((service) => {
        const node = serviceNode(service, services, context, { image: images[service.image], features });
        return [service.name, { ...node, labels: { ...labels, [configLabel]: configId(service, node, context) } }];
      }),
    ),
    networks: Object.fromEntries(Object.entries(networks).map(([name, network]) => [name, { ...network, labels }])),
    volumes: Object.fromEntries([...new Set(volumes)].map((volume) => [volume, { labels }])),
  };
  return header + renderYaml(literal(document));
}

function serviceNode(
  service: ComposeService,
  all: readonly ComposeService[],
  context: ServiceContext,
  { image, features }: { image: string; features: EngineFeatures },
) {
  const { kind, exceptions, limits } = service;
  const needs = Object.entries(service.needs).filter(([name]) => all.some((other) => other.name === name));
  const mounts = service.mounts?.(context) ?? [];
  const environment = service.environment(context);
  return {
    image,
    ...(service.user === undefined ? {} : { user: service.user }),
    ...(service.entrypoint === undefined ? {} : { entrypoint: service.entrypoint }),
    ...(service.command === undefined ? {} : { command: service.command }),
    ...(needs.length === 0
      ? {}
      : { depends_on: Object.fromEntries(needs.map(([name, condition]) => [name, { condition }])) }),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
    ...(service.secrets === undefined || Object.keys(service.secrets(context)).length === 0
      ? {}
      : { env_file: [`./${envFileName(service)}`] }),
    ...(Object.keys(service.networks).length === 0 ? { network_mode: 'none' } : { networks: service.networks }),
    ...(service.ports === undefined ? {} : { ports: service.ports(context) }),
    ...(mounts.length === 0 ? {} : { volumes: mounts.map(volumeNode) }),
    ...(service.tmpfs === undefined ? {} : { tmpfs: service.tmpfs }),
    ...(service.health === undefined ? {} : { healthcheck: healthNode(service.health, features) }),
    restart: kind === 'job' ? 'no' : 'unless-stopped',
    ...(service.stopSeconds === undefined ? {} : { stop_grace_period: `${service.stopSeconds(context)}s` }),
    ...(service.sharedMemory === undefined ? {} : { shm_size: service.sharedMemory }),
    read_only: exceptions?.writableRoot === undefined,
    cap_drop: ['ALL'],
    ...(exceptions?.capabilities === undefined ? {} : { cap_add: exceptions.capabilities.names }),
    security_opt: ['no-new-privileges:true'],
    mem_limit: `${limits.memoryMegabytes}m`,
    cpus: limits.cpus,
    pids_limit: limits.pids,
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
  };
}

/**
 * Tells whether a container runs with other settings than those that are rendered now: the hash that Compose keeps for that
 * cannot be asked for ahead, because its `config --hash` leaves env files out. Keyed, so that nobody who reads it can try
 * values of a weak secret.
 */
const configId = (service: ComposeService, node: object, context: ServiceContext): string =>
  createHmac('sha256', context.vaultRootKey)
    .update(JSON.stringify([node, service.secrets?.(context) ?? {}]))
    .digest('hex')
    .slice(0, 32);

export const envFileName = ({ name }: Pick<ComposeService, 'name'>): string => `env/${name}.env`;

const volumeNode = ({ volume, target, readOnly }: Mount) => ({
  type: 'volume',
  ...(volume === null ? {} : { source: volume }),
  target,
  ...(readOnly === undefined ? {} : { read_only: true }),
});

/** How often a healthy service is asked where the engine asks more often until it is. */
const settled = { intervalSeconds: 10, retries: 3 };

const healthNode = (health: Health, { startInterval }: EngineFeatures) => ({
  test: health.test,
  interval: `${startInterval ? settled.intervalSeconds : health.intervalSeconds}s`,
  timeout: `${health.timeoutSeconds}s`,
  retries: startInterval ? settled.retries : health.retries,
  start_period: `${health.startSeconds}s`,
  ...(startInterval ? { start_interval: '1s' } : {}),
});

/** Compose replaces `$NAME` in every value; ours mean the container's variables, or a dollar. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
}
