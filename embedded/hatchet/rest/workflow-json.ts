import {
  type Concurrency,
  type Condition,
  defaultScheduleTimeout,
  type Step,
  type WorkflowDefinition,
} from '../domain/workflow.ts';
import type { WorkflowRow } from '../store/workflow-reads.ts';

export const workflowJson = (row: WorkflowRow) => ({
  description: row.description,
  isPaused: false,
  metadata: { id: row.id, createdAt: row.createdAt, updatedAt: row.updatedAt },
  name: row.name,
  tenantId: '',
});

/** The newest version: `GET workflows/{id}/versions`. */
export function versionJson(row: WorkflowRow, triggersId: string) {
  const { definition } = row;
  const parent = { parent_id: triggersId };
  return {
    defaultPriority: definition.defaultPriority ?? 0,
    ...(definition.inputJsonSchema === null
      ? {}
      : { inputJsonSchema: JSON.parse(definition.inputJsonSchema) as unknown }),
    metadata: { id: row.versionId, createdAt: row.versionCreatedAt, updatedAt: row.versionCreatedAt },
    order: row.order,
    scheduleTimeout: defaultScheduleTimeout,
    ...(definition.sticky === null ? {} : { sticky: definition.sticky.toLowerCase() }),
    triggers: {
      ...(definition.cronTriggers.length === 0
        ? {}
        : { crons: definition.cronTriggers.map((cron) => ({ cron, ...parent })) }),
      ...(definition.eventTriggers.length === 0
        ? {}
        : { events: definition.eventTriggers.map((event_key) => ({ event_key, ...parent })) }),
    },
    v1Concurrency: [
      ...definition.concurrency.map((limit) => ({ ...limitJson(limit), scope: 'WORKFLOW' })),
      ...definition.steps.flatMap((step) =>
        step.concurrency.map((limit) => ({ ...limitJson(limit), scope: 'TASK', stepReadableId: step.name })),
      ),
    ],
    version: '',
    workflow: workflowJson(row),
    workflowConfig: workflowConfig(definition),
    workflowId: '',
  };
}

const limitJson = ({ expression, strategy, maxRuns }: Concurrency) => ({
  expression,
  limitStrategy: strategy,
  maxRuns,
});

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list);

/** The definition as the real engine keeps it, in its spelling. */
export const workflowConfig = (definition: WorkflowDefinition) => ({
  CronInput: definition.cronInput,
  CronTriggers: orNull(definition.cronTriggers),
  DefaultPriority: definition.defaultPriority,
  EventTriggers: orNull(definition.eventTriggers),
  Name: definition.name,
  Sticky: definition.sticky,
  Tasks: definition.steps.map(stepConfig),
  description: definition.description,
  ...(definition.onFailure === null
    ? {}
    : { onFailureJob: { ...stepConfig(definition.onFailure), slotRequests: definition.onFailure.slots } }),
  ...(definition.idempotency === null ? {} : { idempotency: definition.idempotency }),
  ...(definition.inputJsonSchema === null
    ? {}
    : { inputJsonSchema: Buffer.from(definition.inputJsonSchema).toString('base64') }),
});

const stepConfig = (step: Step) => ({
  Action: step.action,
  DesiredWorkerLabels:
    Object.keys(step.labels).length === 0
      ? null
      : Object.fromEntries(
          Object.entries(step.labels).map(([name, wanted]) => [
            name,
            {
              Comparator: wanted.comparator ?? null,
              IntValue: typeof wanted.value === 'number' ? wanted.value : null,
              Key: name,
              Required: wanted.required ?? null,
              StrValue: typeof wanted.value === 'string' ? wanted.value : null,
              Weight: wanted.weight ?? null,
            },
          ]),
        ),
  Parents: step.parents,
  RateLimits: step.rateLimits.map((limit) => ({
    Duration: limit.duration,
    Key: limit.key,
    KeyExpr: limit.keyExpr,
    LimitExpr: limit.limitExpr,
    Units: limit.units,
    UnitsExpr: limit.unitsExpr,
  })),
  ReadableId: step.name,
  Retries: step.retries,
  RetryBackoffFactor: step.backoffFactor,
  RetryBackoffMaxSeconds: step.backoffMaxSeconds,
  ScheduleTimeout: step.scheduleTimeout,
  Timeout: step.timeout,
  TriggerConditions: step.conditions.map(conditionConfig),
  ...(step.concurrency.length === 0
    ? {}
    : {
        concurrency: step.concurrency.map(({ expression, strategy, maxRuns }) => ({
          Expression: expression,
          LimitStrategy: strategy,
          MaxRuns: maxRuns,
        })),
      }),
  ...(isPlainSlot(step) ? {} : { slotRequests: step.slots }),
});

const isPlainSlot = ({ slots }: Step): boolean => Object.keys(slots).length === 1 && slots.default === 1;

const conditionConfig = (condition: Condition) => ({
  Action: condition.action,
  EventKey: condition.eventKey,
  Expression: condition.expression,
  MatchConditionKind: condition.kind,
  OrGroupIdIndex: condition.orGroup,
  ParentReadableId: condition.parent,
  ReadableDataKey: condition.dataKey,
  SleepDuration: condition.sleepFor,
});
