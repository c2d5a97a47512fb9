import type { Failure } from '../contracts/error.ts';
import type { SnapshotFacts, SnapshotRestore, SnapshotTarget } from './backup/snapshot.ts';
import type { Check } from './checks/check.ts';
import type { StackLayout } from './layout.ts';
import type { Stack } from './stack.ts';

/**
 * Whether all of it works (running), some (partial), nothing runs (stopped), something is broken (error), or what it runs on
 * cannot be asked (unknown). A runtime does not answer `unknown`: its status throws, and the caller makes it of the error.
 */
export type StackStatus = 'running' | 'partial' | 'stopped' | 'error' | 'unknown';

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
  /** Share of one core in use now, e.g. 0.5; null where it is not known. */
  cpu: number | null;
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
  /** ISO 8601; absent where neither the runtime nor the line tells it. */
  timestamp?: string;
}

export interface LogQuery {
  /** All when empty. */
  services: readonly string[];
  tail: number;
  /** Nothing that was written before. */
  since?: Date;
  follow: boolean;
  signal: AbortSignal;
}

/** A file of the stack that an install would write, change or remove. */
export interface FileChange {
  /** Below the stack's directory. */
  path: string;
  change: 'added' | 'changed' | 'removed';
  /** Unified diff, with what is secret left out; null for what is no text or all secret. */
  diff: string | null;
}

/** An image, or the programs of a version, that would take the place of another. */
export interface ImageChange {
  name: string;
  /** Null when nothing was installed before. */
  from: string | null;
  to: string;
}

/** What `install` would change. Equal versions and settings give three empty lists. */
export interface InstallPlan {
  files: readonly FileChange[];
  images: readonly ImageChange[];
  /** Services that would run with another image or other settings than they do now; all others need no restart. */
  services: readonly string[];
}

/** Told while something takes its time, e.g. ("start", "auth is healthy"). */
export type Report = (message: string) => void;

/** What a stack runs on. `stack/lifecycle/*` is written once over it. Every method may be called again after a crash in it. */
export interface StackRuntime {
  readonly name: 'embedded' | 'compose';
  /** What must be so before a start, on this machine and for this stack. */
  checks(stack: Stack | null): readonly Check[];
  /**
   * Gets what a start of this platform version needs onto the machine while the stack goes on as it is: images by digest,
   * ours built where it cannot be pulled; programs. Refuses here what would fail later. Needs no running stack.
   */
  prepare(stack: Stack, options: { signal: AbortSignal; report: Report }): Promise<void>;
  /** Reads only. */
  plan(stack: Stack): Promise<InstallPlan>;
  /** Puts what a start of this platform version runs in place of what was installed. What runs goes on as it was. */
  install(stack: Stack): Promise<void>;
  /** Files and directories below the stack's directory that `install` writes: an update keeps a copy, a rollback puts it back. */
  readonly installed: readonly string[];
  /**
   * Starts what is installed, of whatever version. Resolves when every service is healthy; a failed start leaves nothing
   * running. Ends the maintenance answer where that stands in the place of the gateway.
   */
  start(stack: Stack, options: { signal: AbortSignal; report: Report }): Promise<void>;
  /** Resolves when no process of the stack is left. The maintenance answer stays, if it is shown. */
  stop(stack: Stack, options: { report: Report }): Promise<void>;
  /** Workers take no new task, finish what they have or hand it back, and end. Everything else runs on. */
  drain(stack: Stack, options: { signal: AbortSignal; report: Report }): Promise<void>;
  /**
   * From now on every client gets 503 with Retry-After, also while the stack is stopped, until a start needs the gateway's
   * port or `hideMaintenance`. Shown already: nothing happens.
   */
  showMaintenance(stack: Stack, options: { report: Report }): Promise<void>;
  hideMaintenance(stack: Stack): Promise<void>;
  /**
   * Ends what stands between this moment and an install: whatever takes requests or writes data, and what the install
   * replaces. The rest (a database whose image and settings stay) may run on.
   */
  stopForUpdate(stack: Stack, plan: InstallPlan, options: { report: Report }): Promise<void>;
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
   * started for it. Throws `vault_key_wrong` when it does not open. With `make`, one is made when there is none.
   */
  vaultCanary(stack: Stack, options?: { make: boolean }): Promise<string | null>;
  /** SHA-256, in hexadecimal, of the root key that the stack's database uses; of its digits, without a line's end. */
  vaultKeyDigest(stack: Stack): Promise<string>;
  /**
   * Makes the database accept what belongs to this `databasePassword` instead of the stack's own; secrets.json is the
   * caller's. May be called again after a crash, whether it had come through or not. A stopped stack stays stopped.
   */
  setDatabasePassword(stack: Stack, databasePassword: string): Promise<void>;
  /**
   * Ends what is left and removes what the runtime keeps outside the stack's directory. The directory is the caller's. Works
   * without the stack's files: a damaged stack can be destroyed too.
   */
  destroy(layout: StackLayout, options: { report: Report }): Promise<void>;
}
