import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import type { LogLine, LogQuery } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { containerLog } from './container-log.ts';
import { type InstalledService, installedServices } from './installed-services.ts';
import { type StackContainer, stackContainers } from './stack-containers.ts';

const lookEveryMs = 500;

/** The last lines of each service and, when asked, what comes from then on: also of a container that takes another's place. */
export async function* stackLogs({ layout }: Stack, query: LogQuery): AsyncGenerator<LogLine> {
  const { services, tail, follow, signal, since } = query;
  const containers = inOrder(await stackContainers(layout), installedServices(layout) ?? []);
  const unknown = services.find((name) => !containers.some(({ service }) => service === name));
  if (unknown !== undefined) {
    const known = containers.map(({ service }) => service).sort();
    throw new SfpError({
      code: 'service_unknown',
      message: `There is no log of "${unknown}".`,
      suggestion: `Logs exist of: ${known.join(', ') || 'nothing yet'}.`,
    });
  }
  const isWanted = ({ service }: StackContainer): boolean => services.length === 0 || services.includes(service);
  /** Of each container the time of the last line that was told. */
  const told = new Map<string, string>();
  for (const { id, service } of containers.filter(isWanted)) {
    told.set(id, since?.toISOString() ?? '');
    for await (const { line, timestamp } of containerLog({ id }, { tail, since: since?.toISOString(), signal })) {
      told.set(id, timestamp);
      yield { service, line, timestamp };
    }
  }
  if (follow) yield* newLines(() => stackContainers(layout), isWanted, told, signal);
}

/** As compose.yaml has them; the engine answers the newest first. */
const inOrder = (containers: StackContainer[], services: readonly InstalledService[]): StackContainer[] => {
  const order = services.map(({ name }) => name);
  return containers.toSorted((one, other) => order.indexOf(one.service) - order.indexOf(other.service));
};

/** One reader for each container that runs, all into one queue. A container that is started again gets a new reader. */
async function* newLines(
  look: () => Promise<StackContainer[]>,
  isWanted: (container: StackContainer) => boolean,
  told: Map<string, string>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const queue: LogLine[] = [];
  let wake: () => void = () => undefined;
  const readers = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const read = async ({ id, service }: StackContainer): Promise<void> => {
    const since = told.get(id) ?? '';
    try {
      // The engine answers the line of that very moment again.
      const range = since === '' ? {} : { since };
      for await (const { line, timestamp } of containerLog({ id }, { ...range, follow: true, signal })) {
        if (timestamp <= (told.get(id) ?? '')) continue;
        told.set(id, timestamp);
        queue.push({ service, line, timestamp });
        wake();
      }
    } catch (error) {
      failures.push(error);
    } finally {
      readers.delete(id);
      wake();
    }
  };
  let lookAt = 0;
  while (!signal.aborted) {
    if (performance.now() >= lookAt) {
      lookAt = performance.now() + lookEveryMs;
      for (const container of (await look()).filter(isWanted)) {
        const { id, running } = container;
        if (running && !readers.has(id)) readers.set(id, read(container));
      }
    }
    yield* queue.splice(0);
    if (failures.length > 0) throw failures[0];
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (queue.length > 0) return resolve();
      // Woken by a line, the signal, or the time to look again.
      void delay(Math.max(1, lookAt - performance.now()), undefined, { signal }).then(resolve, () => resolve());
    });
  }
  await Promise.allSettled(readers.values());
}
