import { randomUUID } from 'node:crypto';
import { parseDuration } from '../domain/duration.ts';
import { evaluateKey } from '../domain/expression.ts';
import { objectOrNull } from '../domain/json-text.ts';
import { laneText } from '../domain/lane.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import { newTraceparent } from '../domain/traceparent.ts';
import {
  allSteps,
  type Concurrency,
  type ConcurrencyStrategy,
  defaultScheduleTimeout,
  isDag,
  type Step,
  type WantedLabel,
} from '../domain/workflow.ts';
import type { WorkflowVersion } from './catalog.ts';

/** What a caller asked for, checked. */
export interface RunRequest {
  version: WorkflowVersion;
  /** JSON text, kept as it was spelled. */
  input: string;
  metadata: Record<string, unknown>;
  priority: number | undefined;
  parent: { runId: string | undefined; taskId: string; childIndex: number; childKey: string | undefined } | undefined;
  event: { id: string; key: string } | undefined;
  wantedLabels: Record<string, WantedLabel>;
  desiredWorkerId: string | undefined;
}

/** A concurrency key that a holder must have before it may run. */
export interface WantedKey {
  key: string;
  strategy: ConcurrencyStrategy;
  maxRuns: number;
}

export interface NewTask {
  id: string;
  step: Step;
  status: TaskStatus;
  lane: string;
  keys: WantedKey[];
  displayName: string;
  scheduleTimeout: number;
  executionTimeout: number;
  error: string | undefined;
}

export interface NewRun {
  id: string;
  request: RunRequest;
  dag: boolean;
  displayName: string;
  metadata: Record<string, unknown>;
  priority: number;
  tasks: NewTask[];
  /** Keys of the whole workflow; the run holds them from its first task to its last. */
  keys: WantedKey[];
  /** Set when a concurrency key could not be made: the run fails at once. */
  error: string | undefined;
}

/** Everything a run consists of, worked out before anything is written. */
export function planRun(request: RunRequest): NewRun {
  const { definition, workflowId } = request.version;
  const dag = isDag(definition);
  const id = randomUUID();
  const variables = { input: parseInput(request.input), additional_metadata: request.metadata };
  const runKeys = keysOf(definition.concurrency, `workflow/${workflowId}`, variables);
  const now = Date.now();
  let error = runKeys.error;
  const tasks = allSteps(definition).map((step): NewTask => {
    const own = keysOf(step.concurrency, `task/${workflowId}/${step.name}`, variables);
    error ??= own.error;
    const isRoot = step.parents.length === 0 && step !== definition.onFailure;
    const gated = runKeys.keys.length > 0 || own.keys.length > 0;
    return {
      id: dag ? randomUUID() : id,
      step,
      status: isRoot ? (gated ? 'WAITING' : 'QUEUED') : 'PENDING',
      lane: laneText(step, request.wantedLabels, definition.sticky === null ? undefined : request.desiredWorkerId),
      keys: own.keys,
      displayName: `${step.name}-${now}`,
      scheduleTimeout: parseDuration(step.scheduleTimeout ?? defaultScheduleTimeout) ?? 300,
      executionTimeout: parseDuration(step.timeout) ?? 60,
      error: undefined,
    };
  });
  if (error !== undefined)
    for (const [index, task] of tasks.entries()) {
      task.status = index === 0 ? 'FAILED' : 'CANCELLED';
      task.error = index === 0 ? error : '';
    }
  return {
    id,
    request,
    dag,
    displayName: `${definition.name}-${now}`,
    metadata: { traceparent: newTraceparent(), ...request.metadata },
    priority: request.priority ?? definition.defaultPriority ?? 1,
    tasks,
    keys: error === undefined ? runKeys.keys : [],
    error,
  };
}

const parseInput = (input: string): unknown => JSON.parse(objectOrNull(input)) ?? {};

function keysOf(
  limits: readonly Concurrency[],
  scope: string,
  variables: Record<string, unknown>,
): { keys: WantedKey[]; error: string | undefined } {
  const keys: WantedKey[] = [];
  for (const [index, limit] of limits.entries()) {
    const result = evaluateKey(limit.expression, variables);
    if ('error' in result) return { keys: [], error: result.error };
    keys.push({ key: `${scope}/${index}/${result.key}`, strategy: limit.strategy, maxRuns: limit.maxRuns });
  }
  return { keys, error: undefined };
}
