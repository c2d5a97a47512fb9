import { ActionType } from '@hatchet-dev/typescript-sdk/protoc/dispatcher/dispatcher.js';
import type { Assignment } from '../store/claim-tasks.ts';

/** What a worker's stream carries: the wire's AssignedAction, in the fields that this engine sets. */
export interface ActionMessage {
  tenantId: string;
  workflowRunId: string;
  jobId: string;
  jobName: string;
  jobRunId: string;
  taskId: string;
  taskRunExternalId: string;
  actionId: string;
  actionType: ActionType;
  actionPayload: string;
  taskName: string;
  retryCount: number;
  additionalMetadata: string;
  childWorkflowIndex?: number | undefined;
  childWorkflowKey?: string | undefined;
  parentWorkflowRunId?: string | undefined;
  priority: number;
  workflowId: string;
  workflowVersionId: string;
  triggeringEventExternalId?: string | undefined;
  triggeringEventKey?: string | undefined;
}

/** The message for an assignment, without its payload: a cancel repeats exactly this. */
export const cancelMessage = (tenantId: string, task: Assignment): ActionMessage => ({
  tenantId,
  workflowRunId: task.run_id,
  jobId: task.step_id,
  jobName: task.step,
  jobRunId: task.id,
  taskId: task.step_id,
  taskRunExternalId: task.id,
  actionId: task.action,
  actionType: ActionType.CANCEL_STEP_RUN,
  actionPayload: '',
  taskName: task.step,
  retryCount: task.retry_count,
  additionalMetadata: task.metadata,
  childWorkflowIndex: task.child_index ?? undefined,
  childWorkflowKey: task.child_key ?? undefined,
  parentWorkflowRunId: task.parent_run_id ?? undefined,
  priority: task.priority,
  workflowId: task.workflow_id,
  workflowVersionId: task.version_id,
  triggeringEventExternalId: task.event_id ?? undefined,
  triggeringEventKey: task.event_key ?? undefined,
});

export const startMessage = (cancel: ActionMessage, actionPayload: string): ActionMessage => ({
  ...cancel,
  actionType: ActionType.START_STEP_RUN,
  actionPayload,
});
