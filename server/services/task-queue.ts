import type { Pool, TaskType } from '../../contracts/task.ts';

/** What the dispatcher and the health check need of a task engine. */
export interface TaskQueue {
  /** Starts the workflow of a task; resolves with the run's id. Rejects when the engine does not take it. */
  trigger(task: { id: string; type: TaskType; pool: Pool }): Promise<string>;
  /** Cancels a run; one that the engine does not know is as good as cancelled. */
  cancel(runId: string): Promise<void>;
  /** Whether the engine will still deliver the run: false when it has ended or is not known. */
  isPending(runId: string): Promise<boolean>;
  /** Rejects when the engine does not answer or does not accept the token. */
  ping(signal: AbortSignal): Promise<void>;
  /** Registered workers that can take work now. */
  workers(signal: AbortSignal): Promise<EngineWorker[]>;
  close(): void;
}

export interface EngineWorker {
  name: string;
  active: boolean;
  lastHeartbeatAt: string | null;
  /** Names of the workflows it takes. */
  workflows: string[];
}
