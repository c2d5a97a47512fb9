import {
  type DispatcherServiceImplementation,
  SDKS,
  type StepActionEvent,
  StepActionEventType,
  type WorkerRegisterRequest,
} from '@hatchet-dev/typescript-sdk/protoc/dispatcher/dispatcher.js';
import { ServerError, Status } from 'nice-grpc';
import { parseDuration } from '../domain/duration.ts';
import { jsonTextProblem } from '../domain/json-text.ts';
import { isUuid } from '../domain/uuid.ts';
import { validationText } from '../domain/validation.ts';
import type { LabelValue } from '../domain/workflow.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { WorkerState } from '../scheduling/worker.ts';
import type { TaskEvent } from '../store/settle-tasks.ts';
import { extendDeadline, readTask, releaseSlot } from '../store/task-reads.ts';
import { Channel } from '../streams/channel.ts';
import { engineVersion } from '../version.ts';
import type { ActionMessage } from './action-message.ts';
import {
  invalid,
  invalidDuration,
  invalidRequest,
  notFound,
  taskNotFound,
  unimplemented,
  uuidProblem,
  workerId,
  workerNotFound,
} from './refusals.ts';
import { subscribeToRuns, subscribeToTaskEvents } from './subscriptions.ts';

/** Dispatcher: everything a worker says and hears, and the two ways to wait for runs. */
export const dispatcherService = (parts: EngineParts): DispatcherServiceImplementation => {
  const { desk, lifecycle, tenantId } = parts;
  const find = async (id: string): Promise<WorkerState> => {
    const worker = await desk.find(workerId(id));
    if (worker === undefined) throw workerNotFound(id);
    return worker;
  };

  async function* listen(id: string, signal: AbortSignal): AsyncGenerator<ActionMessage> {
    const worker = await desk.find(workerId(id));
    if (worker === undefined) throw notFound();
    const stream = new Channel<ActionMessage>(signal);
    await desk.listen(worker, stream);
    try {
      yield* stream;
    } finally {
      stream.close();
      await desk.streamEnded(worker, stream);
    }
  }

  return {
    async getVersion() {
      return { version: engineVersion };
    },

    async register(request) {
      const problem = registrationProblem(request);
      if (problem !== undefined) throw invalidRequest(problem);
      const id = await desk.register({
        name: request.workerName,
        actions: request.actions.map((action) => action.toLowerCase()),
        slots: Object.keys(request.slotConfig).length > 0 ? request.slotConfig : { default: request.slots ?? 100 },
        labels: labelValues(request.labels),
        runtime:
          request.runtimeInfo === undefined
            ? undefined
            : {
                sdkVersion: request.runtimeInfo.sdkVersion ?? '',
                language: SDKS[request.runtimeInfo.language ?? SDKS.UNKNOWN] ?? 'UNKNOWN',
                languageVersion: request.runtimeInfo.languageVersion ?? '',
                os: request.runtimeInfo.os ?? '',
                runtimeExtra: request.runtimeInfo.extra ?? '',
              },
      });
      return { tenantId, workerId: id, workerName: request.workerName };
    },

    listenV2: (request, context) => listen(request.workerId, context.signal),
    listen: (request, context) => listen(request.workerId, context.signal),

    async heartbeat(request) {
      const worker = await find(request.workerId);
      if (!(await desk.heartbeat(worker)))
        throw new ServerError(
          Status.FAILED_PRECONDITION,
          `Heartbeat rejected: worker stream is not active: ${request.workerId}`,
        );
      return {};
    },

    async unsubscribe(request) {
      await desk.unsubscribe(await find(request.workerId));
      return { tenantId, workerId: request.workerId };
    },

    async upsertWorkerLabels(request) {
      await desk.label(await find(request.workerId), labelValues(request.labels));
      return { tenantId, workerId: request.workerId };
    },

    async sendStepActionEvent(request) {
      await reportStep(parts, request);
      return { tenantId, workerId: request.workerId };
    },

    async refreshTimeout(request) {
      const seconds = parseDuration(request.incrementTimeoutBy);
      if (seconds === undefined) throw invalidDuration('RefreshTimeoutBy.IncrementTimeoutBy');
      const id = request.taskRunExternalId;
      const timeoutAt = isUuid(id) ? await extendDeadline(parts.pool, id, seconds) : undefined;
      if (timeoutAt === undefined) throw taskNotFound(id);
      return { timeoutAt };
    },

    async releaseSlot(request) {
      const id = request.taskRunExternalId;
      const task = isUuid(id) ? await readTask(parts.pool, id) : undefined;
      if (task === undefined) throw taskNotFound(id);
      await releaseSlot(parts.pool, id);
      const held = desk.registry.holder(id, task.retryCount);
      if (held !== undefined) held.entry.released = true;
      lifecycle.scheduler.kick();
      return {};
    },

    subscribeToWorkflowRuns: (requests, context) => subscribeToRuns(parts, requests, context.signal),
    subscribeToWorkflowEvents: (request, context) => subscribeToTaskEvents(parts, request, context.signal),

    async putOverridesData() {
      return {};
    },
    async sendBatchActionEvent() {
      throw unimplemented('SendBatchActionEvent');
    },
    async sendGroupKeyActionEvent() {
      throw unimplemented('SendGroupKeyActionEvent');
    },
    async restoreEvictedTask() {
      throw unimplemented('RestoreEvictedTask');
    },
  };
};

/** A worker's report about an attempt. One that is late or doubled is answered like any other, and changes nothing. */
async function reportStep(parts: EngineParts, request: StepActionEvent): Promise<void> {
  const id = request.taskRunExternalId;
  if (!isUuid(id)) throw invalid(`invalid task external run id ${id}: ${uuidProblem(id)}`);
  const event = toTaskEvent(request);
  if (event === undefined) return;
  if ((await parts.lifecycle.settle(event)) !== undefined) return;
  const task = await readTask(parts.pool, id);
  if (task === undefined) throw invalid(`invalid task external run id ${id}: no rows in result set`);
}

function toTaskEvent(request: StepActionEvent): TaskEvent | undefined {
  const base = { taskId: request.taskRunExternalId, retryCount: request.retryCount };
  switch (request.eventType) {
    case StepActionEventType.STEP_EVENT_TYPE_STARTED:
      return { ...base, move: 'start', startedAt: request.eventTimestamp ?? new Date() };
    case StepActionEventType.STEP_EVENT_TYPE_COMPLETED: {
      const output = request.eventPayload === '' ? 'null' : request.eventPayload;
      const problem = jsonTextProblem(output, 'taskOutput');
      // Postgres cannot keep such an output: the task failed, and trying it again would not help.
      if (problem !== undefined) return { ...base, move: 'fail', error: problem, noRetry: true };
      return { ...base, move: 'complete', output };
    }
    case StepActionEventType.STEP_EVENT_TYPE_FAILED:
      return { ...base, move: 'fail', error: request.eventPayload, noRetry: request.shouldNotRetry };
    case StepActionEventType.STEP_EVENT_TYPE_CANCELLED:
      return { ...base, move: 'cancel' };
    default:
      return undefined;
  }
}

const actionPattern = /^[^:]+:[^:]+$/;

function registrationProblem(request: WorkerRegisterRequest): string | undefined {
  const findings: [string, string][] = [];
  if (request.workerName === '') findings.push(['Name', "on condition 'required'"]);
  for (const [index, action] of request.actions.entries())
    if (!actionPattern.test(action))
      findings.push([
        `Actions[${index}]`,
        'Invalid action ID. Action IDs must be in the format <integrationId>:<verb>',
      ]);
  return findings.length === 0 ? undefined : validationText('CreateWorkerOpts', findings);
}

const labelValues = (
  labels: Record<string, { strValue?: string | undefined; intValue?: number | undefined }>,
): Record<string, LabelValue> =>
  Object.fromEntries(Object.entries(labels).map(([name, label]) => [name, label.strValue ?? label.intValue ?? '']));
