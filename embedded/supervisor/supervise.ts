import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Failure, SfpError } from '../../contracts/error.ts';
import { asDiskFull } from '../../stack/disk-full.ts';
import type { StackLayout } from '../../stack/layout.ts';
import type { SuppliedSecrets } from '../../stack/secrets/schema.ts';
import { serverCommand } from '../../stack/server-command.ts';
import { removeChildren } from './children-file.ts';
import type { ControlStatus } from './control-protocol.ts';
import { type ControlServer, startControlServer } from './control-server.ts';
import { CpuMeter } from './cpu-meter.ts';
import { clearFailure, writeFailure } from './failure-file.ts';
import { rotateLog } from './log-file.ts';
import { Orchestrator } from './orchestrator.ts';
import { sumMemory, treeMembers } from './process-table.ts';
import type { Service } from './service.ts';

export interface SuperviseOptions {
  services: readonly Service[];
  /** The services as the stack's files and what a provider supplies define them now; those of the start when left out. */
  reload?: (supplied: SuppliedSecrets | undefined) => Promise<readonly Service[]>;
  /** How the stack is called in what a person reads. */
  stack: Pick<StackLayout, 'tenant' | 'baseDir'>;
  stackDir: string;
  runDir: string;
  logsDir: string;
  controlSocket: string;
  failureFile: string;
  log: Logger;
  startTimeoutMs?: number;
}

const rotateEveryMs = 10_000;

/**
 * Runs the services until somebody asks to stop (SIGTERM, SIGINT, the control socket). Resolves with the exit code: 0 after
 * a stop, 1 when the start failed (the reason is in the failure file and nothing is left running). A second signal kills.
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { log, runDir, logsDir, stackDir, services } = options;
  const startedAt = new Date().toISOString();
  const orchestrator = new Orchestrator(options);
  let phase: ControlStatus['phase'] = 'starting';
  let stopping: Promise<void> | undefined;
  let done: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });

  const stop = (): Promise<void> => {
    phase = 'stopping';
    stopping ??= orchestrator.stop().finally(done);
    return stopping;
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping !== undefined) {
      log.warn({ signal }, 'second signal: everything is killed');
      orchestrator.kill();
    } else log.info({ signal }, 'stopping');
    stop().catch((error: unknown) => log.error({ err: error }, 'stop'));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  const progress = (): ControlStatus => ({
    phase,
    pid: process.pid,
    startedAt,
    ...(orchestrator.problem === undefined ? {} : { problem: orchestrator.problem }),
    memory: null,
    cpu: null,
    services: orchestrator.states().map((state) => ({ ...state, memory: null, cpu: null })),
  });
  const meter = new CpuMeter();
  const status = async (): Promise<ControlStatus> => {
    const { table, share } = await meter.read();
    const figures = (members: readonly number[]) => ({ memory: sumMemory(members), cpu: share(members) });
    return {
      ...progress(),
      ...figures([process.pid]),
      services: orchestrator.states().map((state) => ({
        ...state,
        ...figures(state.pid === null ? [] : treeMembers(state.pid, table)),
      })),
    };
  };
  const reload = options.reload ?? (() => Promise.resolve(services));
  const restart = async (names: readonly string[], supplied: SuppliedSecrets | undefined): Promise<{ ok: true }> => {
    if (phase !== 'running') throw busy(phase, options.stack);
    log.info({ services: names }, 'restart was asked for');
    await orchestrator.restart(names, () => reload(supplied));
    return { ok: true };
  };
  const drain = async (names: readonly string[]): Promise<{ ok: true }> => {
    if (phase !== 'running') throw busy(phase, options.stack);
    log.info({ services: names }, 'drain was asked for');
    await orchestrator.drain(names);
    return { ok: true };
  };
  const control: ControlServer = await startControlServer(options.controlSocket, log, async (request) => {
    if (request.command === 'status') return status();
    if (request.command === 'progress') return progress();
    if (request.command === 'outdated')
      return orFailure(async () => ({ services: orchestrator.outdated(await reload(request.supplied)) }));
    if (request.command === 'restart') return orFailure(() => restart(request.services, request.supplied));
    if (request.command === 'drain') return orFailure(() => drain(request.services));
    // Answered first: whoever asked watches this process end.
    setImmediate(() => onSignalFreeStop());
    return { ok: true };
  });
  const onSignalFreeStop = (): void => {
    stop().catch((error: unknown) => log.error({ err: error }, 'stop'));
  };

  const rotation = setInterval(() => {
    for (const name of ['supervisor', ...services.map((service) => service.name)]) {
      if (name === 'postgres') continue;
      try {
        rotateLog(join(logsDir, `${name}.log`));
      } catch (error) {
        log.warn({ err: error }, `the log of ${name} cannot be rotated`);
      }
    }
  }, rotateEveryMs);

  try {
    await orchestrator.start();
    phase = 'running';
    clearFailure(options.failureFile);
    log.info({ services: services.length }, 'the stack is healthy');
    await ended;
    return 0;
  } catch (error) {
    if (stopping !== undefined) {
      await stopping;
      return 0;
    }
    const failure = failureOf(error, stackDir);
    log.error({ failure }, 'the stack did not start');
    await stop();
    tellFailure(options.failureFile, failure, log);
    return 1;
  } finally {
    clearInterval(rotation);
    control.close();
    removeChildren(runDir);
    log.info({ stackDir }, 'supervisor ends');
  }
}

const busy = (phase: ControlStatus['phase'], stack: SuperviseOptions['stack']): SfpError =>
  new SfpError({
    code: 'stack_busy',
    message: `The stack is ${phase}; a service of it can be ended or restarted when it runs.`,
    suggestion: `Wait for it with \`${serverCommand(stack, 'health', '--wait', '60s')}\`.`,
  });

/** Writes the failure for whoever waits; when that is not possible, the waiting one sees that the disk is full. */
export function tellFailure(file: string, failure: Failure, log: Logger): void {
  try {
    writeFailure(file, failure);
  } catch (error) {
    log.error({ err: error }, 'the failure cannot be written');
  }
}

async function orFailure(answer: () => Promise<object>): Promise<object> {
  try {
    return await answer();
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** @param path what was written when the error does not say it */
export function failureOf(thrown: unknown, path = 'the files of the stack'): Failure {
  const error = asDiskFull(thrown, path);
  if (error instanceof SfpError) return error.toFailure();
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
