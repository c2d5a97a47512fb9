import { createClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { BuildArtifact } from '../../contracts/build.ts';
import type { DeploymentMetadata, Stage, StageStatus } from '../../contracts/deployment.ts';
import { type Failure, SfpError } from '../../contracts/error.ts';
import { type PlatformSchema, platformSchemaSchema } from '../../contracts/schema-version.ts';
import type { TaskProgress } from '../../contracts/task.ts';
import type { NewTaskEvent } from '../../contracts/task-event.ts';
import { startedTaskSchema, type TaskStart, taskBuildSchema } from './rows.ts';

/** Changes to the task and its deployment that travel with events in one transaction. */
export interface TaskPatch {
  progress?: TaskProgress;
  stages?: Partial<Record<Stage, StageStatus>>;
  commitSha?: string;
  metadata?: DeploymentMetadata;
  failure?: Failure | null;
}

export interface ReservedArtifact {
  digest: string;
  sizeBytes: number;
}

/** What a task has built and stored. */
export interface BuildRecord {
  commitSha: string;
  complete: boolean;
  metadata: DeploymentMetadata;
  artifacts: readonly BuildArtifact[];
}

const recordedBuildSchema = z.object({ id: z.string(), number: z.number().int() });
export type RecordedBuild = z.infer<typeof recordedBuildSchema>;

/** The database refused because another attempt has taken over: stop at once, write nothing more. */
export class StaleAttempt extends Error {}

const appendedSchema = z.object({ lastSeq: z.number().int(), cancelRequested: z.boolean() });
const allocationSchema = z.object({
  held: z.boolean(),
  position: z.number().int(),
  /** Who holds a lock of the environment, and why. */
  holder: z.string().optional(),
  reason: z.string().optional(),
});

/** The worker's only way to the database: RPCs as service_role, through the gateway. Every call is idempotent. */
export class TaskStore {
  readonly #supabase;

  constructor(options: { supabaseUrl: string; secretKey: string }) {
    this.#supabase = createClient(options.supabaseUrl, options.secretKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
  }

  /** The migrations that the database has. */
  schema(): Promise<PlatformSchema> {
    return this.#call('platform_schema', platformSchemaSchema, {});
  }

  start(taskId: string, runId: string, worker: string, leaseSeconds: number): Promise<TaskStart> {
    return this.#call('start_task', startedTaskSchema, {
      p_task_id: taskId,
      p_run_id: runId,
      p_worker: worker,
      p_lease_seconds: leaseSeconds,
    });
  }

  append(taskId: string, attempt: number, events: NewTaskEvent[], patch: TaskPatch, leaseSeconds: number) {
    return this.#call('append_task_events', appendedSchema, {
      p_task_id: taskId,
      p_attempt: attempt,
      p_events: events,
      p_patch: patch,
      p_lease_seconds: leaseSeconds,
    });
  }

  finish(taskId: string, attempt: number, end: TaskEnd) {
    return this.#call('finish_task', z.object({ lastSeq: z.number().int() }), {
      p_task_id: taskId,
      p_attempt: attempt,
      p_status: end.status,
      p_failure: end.failure ?? null,
      p_events: end.events ?? [],
      p_patch: end.patch ?? {},
    });
  }

  acquireEnvironment(environmentId: string, taskId: string, leaseSeconds: number) {
    return this.#call('acquire_environment', allocationSchema, {
      p_environment_id: environmentId,
      p_task_id: taskId,
      p_lease_seconds: leaseSeconds,
    });
  }

  releaseEnvironment(environmentId: string, taskId: string): Promise<unknown> {
    return this.#call('release_environment', z.unknown(), { p_environment_id: environmentId, p_task_id: taskId });
  }

  /** Values by name. Written into the audit log. What people have to mend is an `SfpError`. */
  credentials(taskId: string, attempt: number, names: readonly string[]): Promise<Record<string, string>> {
    const parameters = { p_task_id: taskId, p_attempt: attempt, p_names: names };
    return this.#call('read_task_credentials', z.record(z.string(), z.string()), parameters);
  }

  /** The build that the task makes, or that its deployment deploys or has made. */
  build(taskId: string, attempt: number) {
    return this.#call('task_build', taskBuildSchema, { p_task_id: taskId, p_attempt: attempt });
  }

  describeBuild(taskId: string, attempt: number, commitSha: string, metadata: DeploymentMetadata): Promise<unknown> {
    const parameters = { p_task_id: taskId, p_attempt: attempt, p_commit_sha: commitSha, p_metadata: metadata };
    return this.#call('describe_build', z.unknown(), parameters);
  }

  /** Digests that the store is losing right now: ask again until there are none, then store. */
  reserveArtifacts(taskId: string, attempt: number, artifacts: readonly ReservedArtifact[]): Promise<string[]> {
    const parameters = { p_task_id: taskId, p_attempt: attempt, p_artifacts: artifacts };
    return this.#call('reserve_artifacts', z.array(z.string()), parameters);
  }

  /** Null when the reservation was lost: reserve, store and record again. */
  async recordBuild(taskId: string, attempt: number, build: BuildRecord): Promise<RecordedBuild | null> {
    const parameters = { p_task_id: taskId, p_attempt: attempt, p_build: build };
    try {
      return await this.#call('record_build', recordedBuildSchema, parameters);
    } catch (error) {
      if (error instanceof StoreError && error.reason === 'artifacts_not_reserved') return null;
      throw error;
    }
  }

  async #call<Output>(name: string, schema: z.ZodType<Output>, parameters: Record<string, unknown>): Promise<Output> {
    const { data, error, status } = await this.#supabase.rpc(name, parameters);
    if (error === null) return schema.parse(data);
    if (error.message === 'stale_attempt') throw new StaleAttempt(`${name}: another attempt has taken over`);
    if (error.message.startsWith('credential'))
      throw new SfpError({ code: error.message, message: error.details, suggestion: error.hint });
    throw new StoreError(name, status, error.code, error.message);
  }
}

export interface TaskEnd {
  status: 'succeeded' | 'failed' | 'cancelled' | 'queued';
  failure?: Failure | undefined;
  events?: NewTaskEvent[];
  patch?: TaskPatch;
}

/** `transient` when the same call may work in a moment: nothing answered, or the database is restarting. */
export class StoreError extends Error {
  readonly transient: boolean;
  /** What the database said, e.g. the code of a refusal. */
  readonly reason: string;

  constructor(call: string, status: number, code: string, message: string) {
    super(`${call} answered ${status || 'nothing'} ${code}: ${message}`);
    this.reason = message;
    this.transient = status === 0 || status === 429 || status >= 500;
  }
}
