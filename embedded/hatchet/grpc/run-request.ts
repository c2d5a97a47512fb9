import type { TriggerWorkflowRequest } from '@hatchet-dev/typescript-sdk/protoc/v1/shared/trigger.js';
import { ServerError, Status } from 'nice-grpc';
import { z } from 'zod';
import { jsonTextProblem } from '../domain/json-text.ts';
import { isUuid } from '../domain/uuid.ts';
import type { WorkflowCatalog } from '../store/catalog.ts';
import type { RunRequest } from '../store/new-run.ts';
import { invalid, invalidRequest, uuidProblem } from './refusals.ts';
import { wantedLabels } from './workflow-definition.ts';

const metadataSchema = z.record(z.string(), z.unknown());

/** Checks a trigger in the order of the real engine: first what needs no lookup. */
export function toRunRequest(catalog: WorkflowCatalog, request: TriggerWorkflowRequest): RunRequest {
  const input = request.input.trim() === '' ? 'null' : request.input;
  const inputProblem = jsonTextProblem(input, 'payload');
  if (inputProblem !== undefined) throw invalidRequest(inputProblem);
  const metadata = parseMetadata(request.additionalMetadata);
  const { priority, desiredWorkerId } = request;
  if (priority !== undefined && (priority < 1 || priority > 3))
    throw invalidRequest(`priority must be between 1 and 3, got ${priority}`);
  const parent = parentOf(request);
  if (desiredWorkerId !== undefined && !isUuid(desiredWorkerId))
    throw invalidRequest(`desiredWorkerId must be a valid UUID: ${uuidProblem(desiredWorkerId)}`);
  const version = catalog.find(request.name);
  // The real engine answers with an id and forgets the run, and the caller waits for ever.
  if (version === undefined) throw new ServerError(Status.NOT_FOUND, `workflow not found: ${request.name}`);
  return {
    version,
    input,
    metadata,
    priority,
    parent,
    event: undefined,
    wantedLabels: wantedLabels(request.desiredWorkerLabels),
    desiredWorkerId,
  };
}

export function parseMetadata(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text.trim() === '') return {};
  const problem = jsonTextProblem(text, 'additionalMetadata');
  if (problem !== undefined) throw invalidRequest(problem);
  const parsed = metadataSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : {};
}

const parentOf = (request: TriggerWorkflowRequest): RunRequest['parent'] => {
  const { parentId, parentTaskRunExternalId: taskId, childIndex, childKey } = request;
  if (taskId === undefined) return undefined;
  if (!isUuid(taskId))
    throw invalid(
      `could not create trigger opt: rpc error: code = InvalidArgument desc = parentStepRunId must be a valid UUID: ${uuidProblem(taskId)}`,
    );
  return { runId: parentId, taskId, childIndex: childIndex ?? 0, childKey };
};
