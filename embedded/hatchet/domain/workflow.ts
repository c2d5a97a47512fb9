import { z } from 'zod';

export const concurrencyStrategies = ['CANCEL_IN_PROGRESS', 'GROUP_ROUND_ROBIN', 'CANCEL_NEWEST'] as const;
export type ConcurrencyStrategy = (typeof concurrencyStrategies)[number];

export const labelComparators = [
  'EQUAL',
  'NOT_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
] as const;

const labelValueSchema = z.union([z.string(), z.number()]);
export type LabelValue = z.infer<typeof labelValueSchema>;

export const wantedLabelSchema = z.object({
  value: labelValueSchema,
  required: z.boolean().optional(),
  comparator: z.enum(labelComparators).optional(),
  weight: z.number().optional(),
});
export type WantedLabel = z.infer<typeof wantedLabelSchema>;

const concurrencySchema = z.object({
  expression: z.string(),
  strategy: z.enum(concurrencyStrategies),
  maxRuns: z.number().int(),
});
export type Concurrency = z.infer<typeof concurrencySchema>;

const rateLimitSchema = z.object({
  key: z.string(),
  units: z.number().nullable(),
  keyExpr: z.string().nullable(),
  unitsExpr: z.string().nullable(),
  limitExpr: z.string().nullable(),
  duration: z.string().nullable(),
});

/** When a task may start, be skipped or be cancelled. Stored and shown; not yet acted on. */
const conditionSchema = z.object({
  kind: z.enum(['USER_EVENT', 'SLEEP', 'PARENT_OVERRIDE']),
  action: z.string(),
  orGroup: z.number().int(),
  expression: z.string(),
  dataKey: z.string(),
  eventKey: z.string().nullable(),
  parent: z.string().nullable(),
  sleepFor: z.string().nullable(),
});
export type Condition = z.infer<typeof conditionSchema>;

const stepSchema = z.object({
  stepId: z.string(),
  name: z.string(),
  action: z.string(),
  timeout: z.string(),
  scheduleTimeout: z.string().nullable(),
  parents: z.array(z.string()),
  retries: z.number().int(),
  backoffFactor: z.number().nullable(),
  backoffMaxSeconds: z.number().nullable(),
  labels: z.record(z.string(), wantedLabelSchema),
  concurrency: z.array(concurrencySchema),
  rateLimits: z.array(rateLimitSchema),
  conditions: z.array(conditionSchema),
  durable: z.boolean(),
  slots: z.record(z.string(), z.number().int()),
});
export type Step = z.infer<typeof stepSchema>;

/** A workflow as it was put: the engine's own form of the wire's CreateWorkflowVersionRequest. */
export const workflowDefinitionSchema = z.object({
  name: z.string(),
  description: z.string(),
  steps: z.array(stepSchema),
  onFailure: stepSchema.nullable(),
  eventTriggers: z.array(z.string()),
  cronTriggers: z.array(z.string()),
  cronInput: z.string().nullable(),
  concurrency: z.array(concurrencySchema),
  filters: z.array(z.object({ expression: z.string(), scope: z.string(), payload: z.string().nullable() })),
  sticky: z.enum(['SOFT', 'HARD']).nullable(),
  defaultPriority: z.number().int().nullable(),
  inputJsonSchema: z.string().nullable(),
  idempotency: z.object({ expression: z.string(), ttlMs: z.number(), method: z.string() }).nullable(),
});
export type WorkflowDefinition = z.infer<typeof workflowDefinitionSchema>;

/** A standalone task is a workflow of one step; its run and its task share one id. */
export const isDag = (definition: WorkflowDefinition): boolean =>
  definition.steps.length > 1 || definition.onFailure !== null;

export const allSteps = (definition: WorkflowDefinition): Step[] =>
  definition.onFailure === null ? definition.steps : [...definition.steps, definition.onFailure];

/** What waits for a worker when the definition sets no limit. */
export const defaultScheduleTimeout = '5m';
