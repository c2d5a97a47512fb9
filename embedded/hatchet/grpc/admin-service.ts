import {
  type AdminServiceImplementation,
  type GetRunDetailsResponse,
  RunStatus,
  type TaskRunDetail,
} from '@hatchet-dev/typescript-sdk/protoc/v1/workflows.js';
import { ServerError, Status } from 'nice-grpc';
import { publicStatus } from '../domain/task-state.ts';
import { isUuid } from '../domain/uuid.ts';
import { definitionProblem } from '../domain/validation.ts';
import type { EngineParts } from '../engine-parts.ts';
import { readRun, type TaskRow } from '../store/run-reads.ts';
import { invalid, unimplemented } from './refusals.ts';
import { toRunRequest } from './run-request.ts';
import { toDefinition } from './workflow-definition.ts';

/** v1.AdminService: definitions, and runs in detail. */
export const adminService = (parts: EngineParts): AdminServiceImplementation => ({
  async putWorkflow(request) {
    const definition = toDefinition(request);
    const problem = definitionProblem(definition);
    if (problem !== undefined) throw invalid(problem);
    const { versionId, workflowId } = await parts.catalog.put(definition);
    return { id: versionId, workflowId };
  },

  async triggerWorkflowRun(request) {
    const [externalId] = await parts.trigger.runs([
      toRunRequest(parts.catalog, {
        name: request.workflowName,
        input: Buffer.from(request.input).toString('utf8'),
        additionalMetadata: Buffer.from(request.additionalMetadata).toString('utf8'),
        priority: request.priority,
        desiredWorkerLabels: request.desiredWorkerLabels,
      }),
    ]);
    return { externalId };
  },

  async cancelTasks(request) {
    await parts.lifecycle.cancel(request.externalIds.filter(isUuid));
    // The real one echoes what it was asked for, unknown ids included.
    return { cancelledTasks: request.externalIds };
  },

  async replayTasks(request) {
    return { replayedTasks: await parts.lifecycle.replay(request.externalIds.filter(isUuid)) };
  },

  async getRunDetails(request) {
    if (!isUuid(request.externalId)) throw invalid('invalid external id');
    const run = await readRun(parts.pool, request.externalId);
    if (run === undefined) throw new ServerError(Status.NOT_FOUND, 'workflow run not found');
    return {
      input: Buffer.from(run.input === 'null' ? '{}' : run.input),
      status: RunStatus[run.status],
      done: run.outcome !== null,
      additionalMetadata: Buffer.from(run.metadata),
      isEvicted: false,
      taskRuns: Object.fromEntries(run.tasks.map((task) => [task.step, taskDetail(task)])),
    } satisfies GetRunDetailsResponse;
  },

  async branchDurableTask() {
    throw unimplemented('BranchDurableTask');
  },
});

const taskDetail = (task: TaskRow): TaskRunDetail => ({
  externalId: task.id,
  status: RunStatus[publicStatus(task.status)],
  error: task.error ?? '',
  output: task.output === null ? undefined : Buffer.from(task.output),
  readableId: task.step,
  isEvicted: false,
});
