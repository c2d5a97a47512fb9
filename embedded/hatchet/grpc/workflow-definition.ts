import { randomUUID } from 'node:crypto';
import {
  type DesiredWorkerLabels,
  workerLabelComparatorToJSON,
} from '@hatchet-dev/typescript-sdk/protoc/v1/shared/trigger.js';
import {
  ConcurrencyLimitStrategy,
  type Concurrency as ConcurrencyMessage,
  type CreateTaskOpts,
  type CreateWorkflowVersionRequest,
  concurrencyLimitStrategyToJSON,
  IdempotencyMethod,
  rateLimitDurationToJSON,
  StickyStrategy,
} from '@hatchet-dev/typescript-sdk/protoc/v1/workflows.js';
import { validationText } from '../domain/validation.ts';
import {
  type Concurrency,
  concurrencyStrategies,
  labelComparators,
  type Step,
  type WantedLabel,
  type WorkflowDefinition,
} from '../domain/workflow.ts';
import { invalid } from './refusals.ts';
import { stepConditions } from './step-conditions.ts';

/** The engine's form of a definition on the wire. Names of workflows are lower case; those of tasks keep theirs. */
export function toDefinition(request: CreateWorkflowVersionRequest): WorkflowDefinition {
  const limits = [...request.concurrencyArr, ...(request.concurrency === undefined ? [] : [request.concurrency])];
  return {
    name: request.name,
    description: request.description,
    steps: request.tasks.map((task, index) => toStep(task, `Tasks[${index}]`)),
    onFailure: request.onFailureTask === undefined ? null : toStep(request.onFailureTask, 'OnFailure'),
    eventTriggers: request.eventTriggers,
    cronTriggers: request.cronTriggers,
    cronInput: request.cronInput ?? null,
    concurrency: limits.map((limit, index) => toConcurrency(limit, `Concurrency[${index}]`)),
    filters: request.defaultFilters.map(({ expression, scope, payload }) => ({
      expression,
      scope,
      payload: payload === undefined ? null : Buffer.from(payload).toString('utf8'),
    })),
    sticky: request.sticky === undefined ? null : request.sticky === StickyStrategy.HARD ? 'HARD' : 'SOFT',
    defaultPriority: request.defaultPriority ?? null,
    inputJsonSchema:
      request.inputJsonSchema === undefined || request.inputJsonSchema.length === 0
        ? null
        : Buffer.from(request.inputJsonSchema).toString('utf8'),
    idempotency:
      request.idempotency === undefined
        ? null
        : {
            expression: request.idempotency.expression,
            ttlMs: request.idempotency.ttlMs,
            method: request.idempotency.method === IdempotencyMethod.STATUS ? 'STATUS' : 'TTL',
          },
  };
}

function toStep(task: CreateTaskOpts, path: string): Step {
  return {
    stepId: randomUUID(),
    name: task.readableId,
    action: task.action.toLowerCase(),
    timeout: task.timeout === '' ? '60s' : task.timeout,
    scheduleTimeout: task.scheduleTimeout ?? null,
    parents: task.parents,
    retries: task.retries,
    backoffFactor: task.backoffFactor ?? null,
    backoffMaxSeconds: task.backoffMaxSeconds ?? null,
    labels: wantedLabels(task.workerLabels),
    concurrency: task.concurrency.map((limit, index) => toConcurrency(limit, `${path}.Concurrency[${index}]`)),
    rateLimits: task.rateLimits.map((limit) => ({
      key: limit.key,
      units: limit.units ?? null,
      keyExpr: limit.keyExpr ?? null,
      unitsExpr: limit.unitsExpr ?? null,
      limitExpr: limit.limitValuesExpr ?? null,
      duration: limit.duration === undefined ? null : rateLimitDurationToJSON(limit.duration),
    })),
    conditions: stepConditions(task.conditions),
    durable: task.isDurable,
    slots: Object.keys(task.slotRequests).length === 0 ? { default: 1 } : task.slotRequests,
  };
}

function toConcurrency(limit: ConcurrencyMessage, path: string): Concurrency {
  const named = concurrencyLimitStrategyToJSON(limit.limitStrategy ?? ConcurrencyLimitStrategy.CANCEL_IN_PROGRESS);
  const strategy = concurrencyStrategies.find((known) => known === named);
  if (strategy === undefined)
    throw invalid(
      validationText('CreateWorkflowVersionOpts', [
        [`${path}.LimitStrategy`, `on condition 'oneof' [ ${concurrencyStrategies.join(' ')} ]: got '${named}'`],
      ]),
    );
  return { expression: limit.expression, strategy, maxRuns: limit.maxRuns ?? 1 };
}

export function wantedLabels(labels: Record<string, DesiredWorkerLabels>): Record<string, WantedLabel> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, wanted]): [string, WantedLabel] => {
      const comparator = wanted.comparator === undefined ? undefined : workerLabelComparatorToJSON(wanted.comparator);
      return [
        name,
        {
          value: wanted.strValue ?? wanted.intValue ?? '',
          required: wanted.required,
          comparator: labelComparators.find((known) => known === comparator),
          weight: wanted.weight,
        },
      ];
    }),
  );
}
