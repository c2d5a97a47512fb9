import type { Task } from '../../contracts/task.ts';
import type { TaskEvent } from '../../contracts/task-event.ts';
import type { EnvironmentLockPayload, TaskEventsPayload } from '../../contracts/topic.ts';

/** Somebody who has the same task open. */
export interface Watcher {
  /** One per running watch. */
  id: string;
  name: string;
  /** This watch itself. */
  self: boolean;
}

export interface FeedHandlers {
  /** Joined, for the first time or again. */
  joined(): void;
  lost(): void;
  batch(payload: TaskEventsPayload): void;
  watchers(watchers: readonly Watcher[]): void;
  /** On an environment's topic: a ticket of its line. */
  lock?(payload: EnvironmentLockPayload): void;
}

/** Where a watch gets a task from: the API for the truth, Realtime for the speed. */
export interface FeedSource {
  task(signal: AbortSignal): Promise<Task>;
  /** At most `limit` events after `afterSeq`, oldest first; null when the task's log is no longer kept. */
  events(afterSeq: number, limit: number, signal: AbortSignal): Promise<readonly TaskEvent[] | null>;
  /** Connects, and keeps connecting, until the returned function is called. */
  open(handlers: FeedHandlers): () => Promise<void>;
}
