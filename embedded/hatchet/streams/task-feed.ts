import { ResourceEventType, ResourceType } from '@hatchet-dev/typescript-sdk/protoc/dispatcher/dispatcher.js';
import type { SettledTask, TaskEvent } from '../store/settle-tasks.ts';
import type { Channel } from './channel.ts';

/** What subscribers of a run's events get: the wire's WorkflowEvent, in the fields that this engine sets. */
export interface FeedMessage {
  workflowRunId: string;
  resourceType: ResourceType;
  eventType: ResourceEventType;
  resourceId: string;
  eventTimestamp: Date;
  eventPayload: string;
  hangup: boolean;
  retryCount?: number | undefined;
  eventIndex?: number | undefined;
}

const taskEvents: Partial<Record<SettledTask['status'], ResourceEventType>> = {
  COMPLETED: ResourceEventType.RESOURCE_EVENT_TYPE_COMPLETED,
  FAILED: ResourceEventType.RESOURCE_EVENT_TYPE_FAILED,
  CANCELLED: ResourceEventType.RESOURCE_EVENT_TYPE_CANCELLED,
};

/**
 * Stream chunks and ends of tasks, for who subscribed to a run. A subscription counts from the moment it is made: the real engine
 * waits up to a second for its read copy and loses what is streamed meanwhile.
 */
export class TaskFeed {
  readonly #subscribers = new Map<string, Set<Channel<FeedMessage>>>();

  subscribe(runId: string, channel: Channel<FeedMessage>): () => void {
    let set = this.#subscribers.get(runId);
    if (set === undefined) {
      set = new Set();
      this.#subscribers.set(runId, set);
    }
    set.add(channel);
    return () => {
      set.delete(channel);
      if (set.size === 0 && this.#subscribers.get(runId) === set) this.#subscribers.delete(runId);
    };
  }

  chunk(runId: string, taskId: string, text: string, eventIndex: number | undefined, createdAt: Date): void {
    this.#send(runId, {
      workflowRunId: runId,
      resourceType: ResourceType.RESOURCE_TYPE_STEP_RUN,
      eventType: ResourceEventType.RESOURCE_EVENT_TYPE_STREAM,
      resourceId: taskId,
      eventTimestamp: createdAt,
      eventPayload: text,
      hangup: false,
      eventIndex,
    });
  }

  taskFinished(task: SettledTask, event: TaskEvent): void {
    const eventType = taskEvents[task.status];
    if (eventType === undefined || !this.#subscribers.has(task.runId)) return;
    this.#send(task.runId, {
      workflowRunId: task.runId,
      resourceType: ResourceType.RESOURCE_TYPE_STEP_RUN,
      eventType,
      resourceId: task.id,
      eventTimestamp: new Date(),
      eventPayload: event.output ?? event.error ?? '',
      hangup: false,
      retryCount: task.retryCount,
    });
  }

  /** The last message of a run; its subscriptions end. */
  runsFinished(runIds: readonly string[]): void {
    for (const runId of runIds) {
      this.#send(runId, {
        workflowRunId: runId,
        resourceType: ResourceType.RESOURCE_TYPE_WORKFLOW_RUN,
        eventType: ResourceEventType.RESOURCE_EVENT_TYPE_COMPLETED,
        resourceId: runId,
        eventTimestamp: new Date(),
        eventPayload: '',
        hangup: true,
      });
      for (const channel of this.#subscribers.get(runId) ?? []) channel.close();
      this.#subscribers.delete(runId);
    }
  }

  #send(runId: string, message: FeedMessage): void {
    for (const channel of this.#subscribers.get(runId) ?? []) channel.push(message);
  }
}
