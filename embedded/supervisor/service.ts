/** How a service's health is asked. Every probe has a time limit. */
export type Probe =
  | {
      kind: 'http';
      url: string;
      headers?: Readonly<Record<string, string>>;
      /** Decides on the answer; any 2xx is healthy when left out. */
      accept?: (answer: { status: number; body: string }) => boolean;
    }
  /** Healthy as long as it runs. */
  | { kind: 'alive' };

/** A program in a process group of its own, its output in the service's log file. */
export interface ProcessCommand {
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd?: string;
}

/** Something that runs inside the supervisor, or that starts its processes by itself. */
export interface HostedService {
  /** Main process, when it has one. */
  pid: number | null;
  /** Resolves when it has ended, by itself or by `stop`, with the reason. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

export type ServiceRun =
  | ({ kind: 'process' } & ProcessCommand)
  /** Runs once in each start; exit code 0 is success and everything else fails the start. */
  | ({ kind: 'task' } & ProcessCommand)
  | {
      kind: 'hosted';
      start(): Promise<HostedService>;
      /** What `start` was made of, without secrets: tells whether it would be made differently now. */
      configuration?: Readonly<Record<string, string | number>>;
    }
  /** Runs elsewhere: only its health is asked. */
  | { kind: 'remote'; url: string };

/** One part of a stack as data. */
export interface Service {
  name: string;
  run: ServiceRun;
  probe: Probe;
  /** Started when all of these are healthy (tasks: done), stopped before any of them. */
  needs: readonly string[];
  /** What asks it to end; SIGTERM when left out. */
  stopSignal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT';
  /** From that signal to SIGKILL. */
  stopTimeoutMs: number;
  /** From its start until it must be healthy; after that it is ended and started again. */
  startTimeoutMs: number;
}

/** Exit code of a program whose configuration is wrong (EX_CONFIG of sysexits.h): starting it again would not help. */
export const configurationExitCode = 78;

/** The same program with the same environment, limits and health check. */
export const isSameService = (one: Service, other: Service): boolean => definition(one) === definition(other);

// Functions are left out: those of a probe do not depend on settings, and a hosted service says what it is made of.
const definition = ({ run, probe, stopTimeoutMs, startTimeoutMs }: Service): string =>
  JSON.stringify({ run, probe, stopTimeoutMs, startTimeoutMs });
