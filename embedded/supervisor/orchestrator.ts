import { join } from 'node:path';
import type { Logger } from 'pino';
import { SfpError } from '../../contracts/error.ts';
import { identify } from '../../stack/process-identity.ts';
import { type RecordedChild, writeChildren } from './children-file.ts';
import { dependents, startOrder } from './graph.ts';
import { logExcerpt } from './log-excerpt.ts';
import type { Service } from './service.ts';
import type { ServiceState } from './service-state.ts';
import { isReady } from './transition.ts';
import { Unit } from './unit.ts';

export interface OrchestratorOptions {
  services: readonly Service[];
  stackDir: string;
  runDir: string;
  logsDir: string;
  log: Logger;
  /** All services together must be healthy after this. */
  startTimeoutMs?: number;
}

/** Starts in a row that may fail before a start of the stack is given up. */
const failedStartsLimit = 5;

/** Runs the services of a stack: starts each when what it needs is ready, stops each before what it needs. */
export class Orchestrator {
  readonly #units: Map<string, Unit>;
  readonly #options: OrchestratorOptions;
  readonly #children = new Map<string, RecordedChild>();
  readonly #watchers = new Set<() => void>();
  readonly #stops = new Map<string, Promise<void>>();
  readonly #startedAt = new Date();

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    const byName = new Map(options.services.map((service) => [service.name, service]));
    this.#units = new Map(
      startOrder(options.services).flatMap((name) => {
        const service = byName.get(name);
        return service === undefined ? [] : [[name, this.#unit(service)] as const];
      }),
    );
  }

  states(): ServiceState[] {
    return [...this.#units.values()].map((unit) => unit.state);
  }

  /**
   * Resolves when everything is ready.
   * @throws SfpError `stack_unhealthy` (or the failure of the part that failed) when that will not happen.
   */
  async start(): Promise<void> {
    const limitMs = this.#options.startTimeoutMs ?? 90_000;
    for (const unit of this.#units.values()) unit.request();
    this.#advance();
    await new Promise<void>((resolve, reject) => {
      const finish = (end: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        end();
      };
      const look = (): void => {
        const states = this.states();
        const broken = states.find(hasFailed);
        if (broken !== undefined) finish(() => reject(this.#startError(broken)));
        else if (states.every((state) => isReady(state.status))) finish(resolve);
        else if (states.some((state) => state.status === 'stopping' || state.status === 'stopped')) {
          finish(() => reject(new SfpError({ code: 'cancelled', message: 'The stack was stopped while it started.' })));
        }
      };
      const timer = setTimeout(() => {
        const late = this.states().find((state) => !isReady(state.status));
        if (late !== undefined) finish(() => reject(this.#startError(late)));
      }, limitMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves when everything has ended; what depends on another ends before it. */
  async stop(): Promise<void> {
    await Promise.all([...this.#units.keys()].map((name) => this.#stopAfterDependents(name)));
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const unit of this.#units.values()) unit.kill();
  }

  #unit(service: Service): Unit {
    const { stackDir, log } = this.#options;
    const changed = (state: ServiceState): void => {
      this.#record(state);
      this.#advance();
      for (const watcher of [...this.#watchers]) watcher();
    };
    return new Unit(service, { stackDir, logFile: this.#logFile(service.name), log, changed });
  }

  #logFile(name: string): string {
    return join(this.#options.logsDir, `${name}.log`);
  }

  #advance(): void {
    for (const unit of this.#units.values()) {
      if (unit.state.status !== 'waiting') continue;
      const met = unit.service.needs.every((need) => isReady(this.#units.get(need)?.state.status ?? 'idle'));
      if (met) unit.needsMet();
    }
  }

  #stopAfterDependents(name: string): Promise<void> {
    const known = this.#stops.get(name);
    if (known !== undefined) return known;
    const stopping = Promise.all(
      dependents(this.#options.services, name).map((dependent) => this.#stopAfterDependents(dependent)),
    ).then(() => this.#units.get(name)?.stop());
    this.#stops.set(name, stopping);
    return stopping;
  }

  #record({ name, pid }: ServiceState): void {
    if ((this.#children.get(name)?.pid ?? null) === pid) return;
    const identity = pid === null ? null : identify(pid);
    if (identity === null) this.#children.delete(name);
    else {
      const stopSignal = this.#units.get(name)?.service.stopSignal ?? 'SIGTERM';
      this.#children.set(name, { service: name, stopSignal, ...identity });
    }
    writeChildren(this.#options.runDir, [...this.#children.values()]);
  }

  #startError(state: ServiceState): SfpError {
    if (state.failure !== undefined) return new SfpError(state.failure);
    const file = this.#logFile(state.name);
    const log = logExcerpt(file, 12, this.#startedAt);
    return new SfpError({
      code: 'stack_unhealthy',
      message: `${state.name} ${state.detail ?? `is not healthy (${state.status})`}`,
      ...(log === '' ? {} : { detail: log }),
      suggestion: `Read ${file}, remove the cause and start again.`,
    });
  }
}

const hasFailed = (state: ServiceState): boolean =>
  state.status === 'failed' || (state.status === 'backoff' && !state.wasHealthy && state.restarts >= failedStartsLimit);
