import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Failure, SfpError } from '../../contracts/error.ts';
import { identify } from '../../stack/process-identity.ts';
import { ChildrenRecord } from './children-record.ts';
import { dependents, startOrder } from './graph.ts';
import { logEnd, logExcerpt } from './log-excerpt.ts';
import { isSameService, type Service } from './service.ts';
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
  readonly #children: ChildrenRecord;
  readonly #watchers = new Set<() => void>();
  readonly #stops = new Map<string, Promise<void>>();
  /** Where each log ended when its service was asked to start. */
  readonly #logEnds = new Map<string, number>();
  #stopping = false;
  #turns: Promise<unknown> = Promise.resolve();

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#children = new ChildrenRecord(options.runDir, options.log);
    const byName = new Map(options.services.map((service) => [service.name, service]));
    this.#units = new Map(
      startOrder(options.services).flatMap((name) => {
        const service = byName.get(name);
        return service === undefined ? [] : [[name, this.#unit(service)] as const];
      }),
    );
  }

  /** What is wrong with the supervision itself. */
  get problem(): Failure | undefined {
    return this.#children.problem;
  }

  states(): ServiceState[] {
    return [...this.#units.values()].map((unit) => unit.state);
  }

  /**
   * Resolves when everything is ready.
   * @throws SfpError `stack_unhealthy` (or the failure of the part that failed) when that will not happen.
   */
  async start(): Promise<void> {
    for (const unit of this.#units.values()) unit.request();
    this.#advance();
    await this.#ready(() => true);
  }

  /**
   * Ends the named services, what needs another of them first, and starts them as they are defined now. All others run on.
   * Resolves when the named ones are ready. One restart runs at a time.
   * @throws SfpError when one is unknown or does not become ready; it is tried on then, as after a crash.
   */
  restart(names: readonly string[], definitions: () => Promise<readonly Service[]>): Promise<void> {
    return this.#inTurn(() => this.#restartNow(names, definitions));
  }

  /**
   * Ends the named services, what needs another of them first, and leaves them ended until a restart names them.
   * @throws SfpError when one is unknown.
   */
  drain(names: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#assertKnown(names);
      await this.#end(names);
    });
  }

  /** One at a time of what a person asks for. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => undefined); // whoever asked for it is told
    return turn;
  }

  /** Services that these definitions would change. */
  outdated(definitions: readonly Service[]): string[] {
    return definitions.flatMap((service) => {
      const unit = this.#units.get(service.name);
      return unit === undefined || isSameService(unit.service, service) ? [] : [service.name];
    });
  }

  async #restartNow(names: readonly string[], definitions: () => Promise<readonly Service[]>): Promise<void> {
    this.#assertKnown(names);
    // Read before anything ends: settings that cannot be understood must not stop what runs.
    const byName = new Map((await definitions()).map((service) => [service.name, service]));
    await this.#end(names);
    if (this.#stopping) throw stoppedMeanwhile();
    for (const name of names) {
      const service = byName.get(name) ?? this.#units.get(name)?.service;
      // A new unit: what a person asked for is no restart after a crash, and its patience begins anew.
      if (service !== undefined) this.#units.set(name, this.#unit(service));
    }
    for (const name of names) this.#units.get(name)?.request();
    this.#advance();
    await this.#ready(({ name }) => names.includes(name));
  }

  /** Each after those of the others that need it. */
  async #end(names: readonly string[]): Promise<void> {
    const ends = new Map<string, Promise<void>>();
    const end = (name: string): Promise<void> => {
      const known = ends.get(name);
      if (known !== undefined) return known;
      const before = dependents(this.#services(), name).filter((dependent) => names.includes(dependent));
      const ending = Promise.all(before.map(end)).then(() => this.#units.get(name)?.stop());
      ends.set(name, ending);
      return ending;
    };
    await Promise.all(names.map(end));
  }

  #assertKnown(names: readonly string[]): void {
    const known = [...this.#units.keys()];
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return;
    throw new SfpError({
      code: 'service_unknown',
      message: `There is no service "${unknown}".`,
      suggestion: `Services are: ${known.join(', ')}.`,
    });
  }

  #services(): Service[] {
    return [...this.#units.values()].map((unit) => unit.service);
  }

  /** Resolves when all that are meant are ready; rejects when one has failed, is late, or the stack is stopped. */
  async #ready(isMeant: (state: ServiceState) => boolean): Promise<void> {
    const limitMs = this.#options.startTimeoutMs ?? 90_000;
    const meant = (): ServiceState[] => this.states().filter(isMeant);
    await new Promise<void>((resolve, reject) => {
      const finish = (end: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        end();
      };
      const look = (): void => {
        const states = meant();
        const broken = states.find(hasFailed);
        if (broken !== undefined) finish(() => reject(this.#startError(broken)));
        else if (states.every((state) => isReady(state.status))) finish(resolve);
        else if (states.some((state) => state.status === 'stopping' || state.status === 'stopped')) {
          finish(() => reject(stoppedMeanwhile()));
        }
      };
      const timer = setTimeout(() => {
        const late = meant().find((state) => !isReady(state.status));
        if (late !== undefined) finish(() => reject(this.#startError(late)));
      }, limitMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves when everything has ended; what depends on another ends before it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#units.keys()].map((name) => this.#stopAfterDependents(name)));
    this.#children.close();
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const unit of this.#units.values()) unit.kill();
  }

  #unit(service: Service): Unit {
    const { stackDir, log } = this.#options;
    this.#logEnds.set(service.name, logEnd(this.#logFile(service)));
    const changed = (state: ServiceState): void => {
      this.#record(state);
      this.#advance();
      for (const watcher of [...this.#watchers]) watcher();
    };
    return new Unit(service, { stackDir, logFile: this.#logFile(service), log, changed });
  }

  /** What runs inside of the supervisor writes where that does, but for Postgres, whose server has a log of its own. */
  #logFile({ name, run }: Service): string {
    const log = run.kind === 'hosted' && name !== 'postgres' ? 'supervisor' : name;
    return join(this.#options.logsDir, `${log}.log`);
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
      dependents(this.#services(), name).map((dependent) => this.#stopAfterDependents(dependent)),
    ).then(() => this.#units.get(name)?.stop());
    this.#stops.set(name, stopping);
    return stopping;
  }

  #record({ name, pid }: ServiceState): void {
    if (this.#children.pidOf(name) === pid) return;
    const identity = pid === null ? null : identify(pid);
    const stopSignal = this.#units.get(name)?.service.stopSignal ?? 'SIGTERM';
    this.#children.set(name, identity === null ? null : { service: name, stopSignal, ...identity });
  }

  #startError(state: ServiceState): SfpError {
    if (state.failure !== undefined) return new SfpError(state.failure);
    const code = 'stack_unhealthy';
    const message = `${state.name} ${state.detail ?? `is not healthy (${state.status})`}`;
    const service = this.#units.get(state.name)?.service;
    if (service === undefined || service.run.kind === 'remote') {
      const where = service?.run.kind === 'remote' ? service.run.url : state.name;
      const suggestion = `Look at what answers at ${where} (roles.${state.name} in server.json), and start again.`;
      return new SfpError({ code, message, suggestion });
    }
    const file = this.#logFile(service);
    const log = logExcerpt(file, 12, this.#logEnds.get(state.name) ?? 0);
    return new SfpError({
      code,
      message,
      ...(log === '' ? {} : { detail: log }),
      suggestion: `Read ${file}, remove the cause and start again.`,
    });
  }
}

const stoppedMeanwhile = (): SfpError =>
  new SfpError({ code: 'cancelled', message: 'The stack was stopped while it started.' });

const hasFailed = (state: ServiceState): boolean =>
  state.status === 'failed' || (state.status === 'backoff' && !state.wasHealthy && state.restarts >= failedStartsLimit);
