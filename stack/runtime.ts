import type { Failure } from '../contracts/error.ts';
import type { SnapshotFacts, SnapshotRestore, SnapshotTarget } from './backup/snapshot.ts';
import type { Check } from './checks/check.ts';
import type { StackLayout } from './layout.ts';
import type { Stack } from './stack.ts';

/** Whether all of it works (running), some (partial), nothing runs (stopped), or something is broken (error). */
export type StackStatus = 'running' | 'partial' | 'stopped' | 'error';

export interface ServiceStatus {
  name: string;
  /** The supervisor's word for it, e.g. `running`, `restarting`, `failed`, `remote`. */
  state: string;
  health: 'healthy' | 'unhealthy' | 'unknown';
  /** How often it was started again after it had ended by itself. */
  restarts: number;
  pid: number | null;
  upSince: string | null;
  /** Resident memory of the service's processes, as the kernel counts it for each. */
  rssBytes: number | null;
  /** The same with shared pages divided among who shares them; null where the kernel does not tell. */
  pssBytes: number | null;
  /** Why it is not healthy, when it is not. */
  detail?: string;
}

export interface RuntimeStatus {
  status: StackStatus;
  services: ServiceStatus[];
  /** The process that watches over the others, where the runtime has one. */
  supervisor: { pid: number } | null;
  /** What is wrong with the whole and what to do about it. */
  problem?: Failure;
}

export interface LogLine {
  service: string;
  line: string;
}

export interface LogQuery {
  /** All when empty. */
  services: readonly string[];
  tail: number;
  follow: boolean;
  signal: AbortSignal;
}

/** Told while something takes its time, e.g. ("start", "auth is healthy"). */
export type Report = (message: string) => void;

/** What a stack runs on. `stack/lifecycle/*` is written once over it. Every method may be called again after a crash in it. */
export interface StackRuntime {
  readonly name: 'embedded' | 'compose';
  /** What must be so before a start, on this machine and for this stack. */
  checks(stack: Stack | null): readonly Check[];
  /** Resolves when every service is healthy; a failed start leaves nothing running. */
  start(stack: Stack, options: { signal: AbortSignal; report: Report }): Promise<void>;
  /** Resolves when no process of the stack is left. */
  stop(stack: Stack, options: { report: Report }): Promise<void>;
  /** Names of the services of the stack, whether it runs or not. */
  serviceNames(stack: Stack): readonly string[];
  /**
   * Ends these services of a running stack, workers drained, what needs another of them first, and starts them with the
   * settings as they are now. All others run on. Resolves when the named ones are healthy; the names are known ones.
   */
  restart(stack: Stack, services: readonly string[], options: { signal: AbortSignal; report: Report }): Promise<void>;
  /** Services of a running stack that would start with other settings than they run with. */
  outdated(stack: Stack): Promise<readonly string[]>;
  status(stack: Stack): Promise<RuntimeStatus>;
  logs(stack: Stack, query: LogQuery): AsyncIterable<LogLine>;
  /**
   * Copies the databases, consistent at one moment, and the Vault root key; the stack may run, and goes on. Makes the Vault's
   * canary first when there is none.
   */
  snapshot(
    stack: Stack,
    target: SnapshotTarget,
    options: { signal: AbortSignal; report: Report },
  ): Promise<SnapshotFacts>;
  /** The way back, in steps. Needs none of the stack's files. */
  restoreSnapshot(layout: StackLayout): SnapshotRestore;
  /**
   * The canary as the stack's Vault decrypts it; null when there is none. The stack may be stopped: then only its database is
   * started for it. Throws `vault_key_wrong` when it does not open.
   */
  vaultCanary(stack: Stack): Promise<string | null>;
  /**
   * Ends what is left and removes what the runtime keeps outside the stack's directory. The directory is the caller's. Works
   * without the stack's files: a damaged stack can be destroyed too.
   */
  destroy(layout: StackLayout, options: { report: Report }): Promise<void>;
}
