import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerStats } from 'dockerode';
import type { RuntimeStatus, ServiceStatus, StackStatus } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { fault } from './container-failure.ts';
import { engine } from './engine/docker-engine.ts';
import { installedServices } from './installed-services.ts';
import { isReady, type StackContainer, stackContainers } from './stack-containers.ts';

/** What is true of the stack now: asked of the engine. */
export async function composeStatus({ layout }: Stack): Promise<RuntimeStatus> {
  const installed = installedServices(layout) ?? [];
  const containers = await stackContainers(layout);
  const active = containers.filter(({ job, state }) => !job && state !== 'exited' && state !== 'created');
  const supervisor = null; // the engine itself
  if (active.length === 0) return { status: 'stopped', services: [], supervisor };
  const usage = new Map(await Promise.all(active.map(async ({ id }) => [id, await usageOf(id)] as const)));
  const order = installed.map(({ name }) => name);
  const missing = installed.filter(({ name }) => !containers.some(({ service }) => service === name));
  const services = [
    ...containers.map((container) => serviceStatus(container, usage.get(container.id) ?? null)),
    ...missing.map(({ name }) => absent(name)),
  ].sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  return { status: overall(containers, missing.length), services, supervisor };
}

/** A part that is broken is an error; all ready is running; everything else is on its way up or down. */
export function overall(containers: readonly StackContainer[], missing: number): StackStatus {
  if (containers.some((container) => fault(container) !== null && !isReady(container) && !isEnded(container))) {
    return 'error';
  }
  return missing === 0 && containers.every(isReady) ? 'running' : 'partial';
}

/** The engine starts a service again that ends by itself, whatever its exit code: one that stays ended was stopped. */
const isEnded = ({ job, state, killedForMemory, error }: StackContainer): boolean =>
  !job && state === 'exited' && !killedForMemory && error === '';

function serviceStatus(container: StackContainer, usage: Usage | null): ServiceStatus {
  const { service, state, running, restarts, startedAt, pid, job } = container;
  const why = fault(container);
  const check = container.health === 'unhealthy' && container.healthLog !== '' ? `: ${container.healthLog}` : '';
  return {
    name: service,
    state: job && state === 'exited' ? (container.exitCode === 0 ? 'completed' : 'failed') : state,
    health: isReady(container) ? 'healthy' : why === null ? 'unknown' : 'unhealthy',
    restarts,
    pid,
    upSince: running ? startedAt : null,
    rssBytes: usage?.rssBytes ?? null,
    pssBytes: null,
    cpu: usage?.cpu ?? null,
    ...(why === null || isReady(container) ? {} : { detail: `${why}${check}` }),
  };
}

const absent = (name: string): ServiceStatus => ({
  name,
  state: 'missing',
  health: 'unhealthy',
  restarts: 0,
  pid: null,
  upSince: null,
  rssBytes: null,
  pssBytes: null,
  cpu: null,
  detail: 'it has no container',
});

interface Usage {
  rssBytes: number | null;
  cpu: number | null;
}

const sampleMs = 250;

/** Two quick looks: the engine's own answer with a share of the processor takes one to two seconds. */
async function usageOf(id: string): Promise<Usage | null> {
  const look = (): Promise<ContainerStats> =>
    engine((client) => client.getContainer(id).stats({ stream: false, 'one-shot': true }));
  try {
    const first = await look();
    await delay(sampleMs);
    return usageBetween(first, await look());
  } catch {
    return null; // it ended in between: its state says so, its numbers are nobody's any more
  }
}

/** Memory without what the kernel may drop from its file cache, as `docker stats` counts it. */
function usageBetween(first: ContainerStats, second: ContainerStats): Usage {
  const { usage, stats } = second.memory_stats;
  const cache = Number(stats?.inactive_file ?? stats?.total_inactive_file ?? 0);
  const elapsedNanoseconds = (Date.parse(second.read) - Date.parse(first.read)) * 1e6;
  const used = second.cpu_stats.cpu_usage.total_usage - first.cpu_stats.cpu_usage.total_usage;
  return {
    rssBytes: typeof usage === 'number' ? Math.max(0, usage - cache) : null,
    cpu: elapsedNanoseconds > 0 ? Math.round((used / elapsedNanoseconds) * 1000) / 1000 : null,
  };
}
