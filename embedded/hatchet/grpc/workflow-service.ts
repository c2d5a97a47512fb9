import type { WorkflowServiceImplementation } from '@hatchet-dev/typescript-sdk/protoc/workflows/workflows.js';
import type { EngineParts } from '../engine-parts.ts';
import { unimplemented } from './refusals.ts';
import { toRunRequest } from './run-request.ts';

/** WorkflowService: what clients start runs with. */
export const workflowService = (parts: EngineParts): WorkflowServiceImplementation => ({
  async triggerWorkflow(request) {
    const [workflowRunId] = await parts.trigger.runs([toRunRequest(parts.catalog, request)]);
    return { workflowRunId };
  },

  async bulkTriggerWorkflow(request) {
    const requests = request.workflows.map((workflow) => toRunRequest(parts.catalog, workflow));
    return { workflowRunIds: await parts.trigger.runs(requests) };
  },

  async putWorkflow() {
    throw unimplemented('PutWorkflow');
  },
  async scheduleWorkflow() {
    throw unimplemented('ScheduleWorkflow');
  },
  async putRateLimit() {
    throw unimplemented('PutRateLimit');
  },
});
