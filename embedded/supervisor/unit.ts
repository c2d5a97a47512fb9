import type { Logger } from 'pino';
import { type Failure, SfpError } from '../../contracts/error.ts';
import { backoffDelayMs, backoffResetMs } from './backoff.ts';
import { type RunningChild, startChild } from './child-process.ts';
import { runProbe } from './probe.ts';
import { configurationExitCode, type HostedService, type ProcessCommand, type Service } from './service.ts';
import { idleState, nextState, type ServiceState, type StateChange } from './service-state.ts';
import type { ServiceEvent } from './transition.ts';

export interface UnitContext {
  stackDir: string;
  logFile: string;
  log: Logger;
  /** After every change of state. */
  changed(state: ServiceState): void;
}

const probeTimeoutMs = 2_000;
const startProbeMs = { first: 20, longest: 200 };
const steadyProbeMs = 5_000;
const unhealthyProbeMs = 1_000;
/** So many probes in a row must fail before a service counts as unhealthy. */
const failuresUntilUnhealthy = 3;
/** A program that does not answer for this long is ended and started again. */
const unhealthyLimitMs = 60_000;

/** One service at run time: its state, its process, its probe. The only file that moves a state. */
export class Unit {
  readonly service: Service;
  readonly #context: UnitContext;
  #state: ServiceState;
  #child: RunningChild | undefined;
  #hosted: HostedService | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts starts; what belongs to an earlier one does not count any more. */
  #generation = 0;
  #crashes = 0;
  #healthySince = 0;
  #stopped: (() => void)[] = [];

  constructor(service: Service, context: UnitContext) {
    this.service = service;
    this.#context = context;
    this.#state = idleState(service.name);
  }

  get state(): ServiceState {
    return this.#state;
  }

  request(): void {
    this.#apply('requested');
  }

  /** Starts it, when it waits for that. */
  needsMet(): void {
    if (this.#apply('needs_met')) this.#launch();
  }

  /** Resolves when it has ended; what does not end in its time is killed. */
  stop(): Promise<void> {
    if (this.#apply('stop_requested')) {
      clearTimeout(this.#timer);
      if (this.#state.status === 'stopping') this.#end();
    }
    if (this.#state.status === 'stopped' || this.#state.status === 'idle') return Promise.resolve();
    return new Promise((resolve) => this.#stopped.push(resolve));
  }

  /** SIGKILL, for the second signal. */
  kill(): void {
    this.#child?.kill();
  }

  #apply(event: ServiceEvent, change: StateChange = {}): boolean {
    const next = nextState(this.#state, event, change, new Date());
    if (next === null) return false;
    this.#state = next;
    const { status, detail } = next;
    const level = status === 'backoff' || status === 'failed' || status === 'unhealthy' ? 'warn' : 'debug';
    this.#context.log[level]({ service: next.name, status, event, detail }, `${next.name} is ${status}`);
    this.#context.changed(next);
    if (status === 'stopped') for (const resolve of this.#stopped.splice(0)) resolve();
    return true;
  }

  #update(change: StateChange): void {
    this.#state = { ...this.#state, ...change };
    this.#context.changed(this.#state);
  }

  #launch(): void {
    const generation = ++this.#generation;
    const { run } = this.service;
    if (run.kind === 'hosted') void this.#launchHosted(run.start, generation);
    else {
      if (run.kind !== 'remote') this.#launchProcess(run, generation);
      if (run.kind !== 'task') this.#probeStarting(generation);
    }
  }

  #launchProcess(command: ProcessCommand, generation: number): void {
    const { stackDir, logFile } = this.#context;
    const child = startChild(command, { service: this.service.name, stackDir, logFile });
    this.#child = child;
    this.#update({ pid: child.pid });
    void child.exited.then(({ code, reason }) => {
      if (generation !== this.#generation) return;
      this.#child = undefined;
      if (this.service.run.kind === 'task' && code === 0 && this.#apply('done', { pid: null })) return;
      const final = this.service.run.kind === 'task' || code === configurationExitCode;
      this.#ended(reason, final);
    });
  }

  async #launchHosted(start: () => Promise<HostedService>, generation: number): Promise<void> {
    try {
      const hosted = await start();
      this.#hosted = hosted;
      this.#update({ pid: hosted.pid });
      void hosted.ended.then((reason) => {
        if (generation !== this.#generation || this.#hosted !== hosted) return;
        this.#hosted = undefined;
        this.#ended(reason, false);
      });
      if (this.#state.status === 'stopping') this.#end();
      else this.#probeStarting(generation);
    } catch (error) {
      // Before it ran once, a named failure is about settings or the machine: trying again would only hide it.
      const failure = error instanceof SfpError ? error.toFailure() : undefined;
      const reason = error instanceof Error ? error.message : String(error);
      this.#ended(reason, failure !== undefined && !this.#state.wasHealthy, failure);
    }
  }

  #ended(reason: string, final: boolean, failure?: Failure): void {
    clearTimeout(this.#timer);
    const change = { pid: null, detail: reason, ...(failure === undefined ? {} : { failure }) };
    if (this.#apply('ended', { pid: null })) return;
    if (final) {
      this.#apply('gave_up', change);
      return;
    }
    if (this.#healthySince > 0 && performance.now() - this.#healthySince >= backoffResetMs) this.#crashes = 0;
    this.#healthySince = 0;
    this.#crashes += 1;
    if (!this.#apply('crashed', change)) return;
    this.#timer = setTimeout(() => {
      if (this.#apply('retry_due')) this.#launch();
    }, backoffDelayMs(this.#crashes));
  }

  #probeStarting(generation: number): void {
    const deadline = performance.now() + this.service.startTimeoutMs;
    let wait = startProbeMs.first;
    const again = async (): Promise<void> => {
      const result = await runProbe(this.service.probe, probeTimeoutMs);
      if (generation !== this.#generation || this.#state.status !== 'starting') return;
      if (result.ok) {
        this.#healthySince = performance.now();
        this.#apply('probe_passed');
        this.#probeSteady(generation);
      } else if (performance.now() > deadline) {
        this.#giveUpOn(`was not healthy in ${this.service.startTimeoutMs} ms: ${result.detail}`);
      } else {
        this.#timer = setTimeout(again, wait);
        wait = Math.min(startProbeMs.longest, wait * 1.3);
      }
    };
    void again();
  }

  #probeSteady(generation: number): void {
    if (this.service.probe.kind === 'alive') return;
    let failures = 0;
    let unhealthySince = 0;
    const again = async (): Promise<void> => {
      const result = await runProbe(this.service.probe, probeTimeoutMs);
      const { status } = this.#state;
      if (generation !== this.#generation || (status !== 'running' && status !== 'unhealthy')) return;
      failures = result.ok ? 0 : failures + 1;
      if (result.ok) this.#apply('probe_passed');
      else if (failures === failuresUntilUnhealthy) {
        unhealthySince = performance.now();
        this.#apply('probe_failed', { detail: result.detail });
      }
      if (this.#state.status === 'unhealthy' && performance.now() - unhealthySince > unhealthyLimitMs) {
        this.#giveUpOn(`did not answer for ${unhealthyLimitMs} ms: ${result.detail}`);
        unhealthySince = performance.now();
      }
      schedule(failures === 0 ? steadyProbeMs : unhealthyProbeMs);
    };
    const schedule = (waitMs: number): void => {
      this.#timer = setTimeout(again, waitMs);
    };
    schedule(steadyProbeMs);
  }

  /** A program is killed, so that it is started again; what runs elsewhere can only be reported. */
  #giveUpOn(detail: string): void {
    this.#update({ detail });
    if (this.#child !== undefined) this.#child.kill();
    else if (this.service.run.kind === 'remote') this.#apply('gave_up', { detail });
  }

  #end(): void {
    const { run, stopTimeoutMs } = this.service;
    if (run.kind === 'remote') {
      this.#apply('ended');
      return;
    }
    const hosted = this.#hosted;
    if (hosted !== undefined) {
      this.#hosted = undefined;
      void hosted
        .stop()
        .catch((error: unknown) => this.#context.log.error({ err: error }, `${this.service.name} did not stop cleanly`))
        .finally(() => this.#apply('ended', { pid: null }));
      return;
    }
    const child = this.#child;
    if (child === undefined) return; // a hosted service that is still starting: ended as soon as it has
    child.signal(this.service.stopSignal ?? 'SIGTERM');
    this.#timer = setTimeout(() => {
      this.#context.log.warn({ service: this.service.name }, 'does not end in time: killed');
      child.kill();
    }, stopTimeoutMs);
  }
}
