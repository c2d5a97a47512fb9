import { actionPayload } from '../domain/payload.ts';
import { publicStatus } from '../domain/task-state.ts';
import { allSteps, type WorkflowDefinition } from '../domain/workflow.ts';
import type { RunRow, TaskRow } from '../store/run-reads.ts';
import { workflowConfig } from './workflow-json.ts';

/** What the wire has for a time that never was, and the milliseconds of a run that never started. */
const never = '0001-01-01T00:00:00Z';
const neverMs = 9_223_372_036_854;
const noStep = '00000000-0000-0000-0000-000000000000';

const metadataOf = (id: string, at: Date) => ({ id, createdAt: at, updatedAt: at });
const durationMs = (from: Date | null, to: Date | null): number | undefined =>
  from === null || to === null ? undefined : Math.max(0, to.getTime() - from.getTime());
const parse = (text: string | null): unknown => (text === null ? {} : (JSON.parse(text) as unknown));

/** `GET workflow-runs/{id}`. */
export function runDetails(run: RunRow, tenantId: string, definition: WorkflowDefinition) {
  const last = run.tasks.filter((task) => task.output !== null && task.step !== definition.onFailure?.name).at(-1);
  return {
    run: {
      additionalMetadata: parse(run.metadata),
      createdAt: run.created_at,
      displayName: run.display_name,
      duration: durationMs(run.started_at, run.finished_at) ?? neverMs,
      errorMessage: errorOf(run),
      ...(run.finished_at === null ? {} : { finishedAt: run.finished_at }),
      input: run.dag ? plainInput(run) : payloadInput(run),
      metadata: metadataOf(run.id, run.created_at),
      output: parse(last?.output ?? null),
      startedAt: run.started_at ?? never,
      status: run.status,
      tenantId,
      workflowId: run.workflow_id,
      workflowVersionId: run.version_id,
    },
    shape: shapeOf(run, definition),
    // Events of tasks are not kept yet; the real engine shows them for DAGs only.
    taskEvents: [],
    tasks: run.tasks.map((task) => ({
      ...taskJson(run, task, tenantId),
      createdAt: never,
      input: payloadInput(run),
      output: parse(task.output),
      isDurable: false,
      isEvicted: false,
    })),
    workflowConfig: workflowConfig(definition),
  };
}

/** A row of `GET workflow-runs`. */
export function runSummary(run: RunRow, tenantId: string) {
  const newest = run.tasks.at(-1);
  const only = run.dag ? undefined : newest;
  const started = run.started_at;
  const duration = durationMs(started, run.finished_at);
  return {
    actionId: '',
    additionalMetadata: parse(run.metadata),
    attempt: (only?.retry_count ?? 0) + 1,
    createdAt: run.created_at,
    displayName: run.display_name,
    ...(duration === undefined ? {} : { duration }),
    errorMessage: errorOf(run),
    ...(run.finished_at === null ? {} : { finishedAt: run.finished_at }),
    input: {},
    metadata: metadataOf(run.id, run.created_at),
    numSpawnedChildren: run.children,
    output: {},
    retryCount: only?.retry_count ?? 0,
    ...(started === null ? {} : { startedAt: started }),
    status: run.status,
    stepId: only?.step_id ?? noStep,
    taskExternalId: run.id,
    taskId: only?.seq ?? 0,
    taskInsertedAt: run.created_at,
    tenantId,
    type: 'DAG',
    workflowId: run.workflow_id,
    workflowName: run.workflow_name,
    workflowRunExternalId: run.id,
    workflowVersionId: run.version_id,
    ...(run.dag ? { children: run.tasks.toReversed().map((task) => taskSummary(run, task, tenantId)) } : {}),
  };
}

/** A task as a row of its own: in `only_tasks` lists, and among the children of a DAG. */
export const taskSummary = (run: RunRow, task: TaskRow, tenantId: string) => ({
  ...taskJson(run, task, tenantId),
  input: {},
  output: {},
  workflowName: run.workflow_name,
});

function taskJson(run: RunRow, task: TaskRow, tenantId: string) {
  const duration = durationMs(task.started_at, task.finished_at);
  return {
    actionId: task.action,
    additionalMetadata: parse(run.metadata),
    attempt: task.retry_count + 1,
    createdAt: task.created_at,
    displayName: task.display_name,
    ...(duration === undefined ? {} : { duration }),
    errorMessage: task.status === 'FAILED' ? (task.error ?? '') : '',
    ...(task.finished_at === null ? {} : { finishedAt: task.finished_at }),
    metadata: metadataOf(task.id, task.created_at),
    numSpawnedChildren: run.dag ? 0 : run.children,
    retryCount: task.retry_count,
    ...(task.started_at === null ? {} : { startedAt: task.started_at }),
    status: publicStatus(task.status),
    stepId: task.step_id,
    taskExternalId: task.id,
    taskId: task.seq,
    taskInsertedAt: task.created_at,
    tenantId,
    type: 'TASK',
    workflowId: run.workflow_id,
    workflowRunExternalId: run.id,
    workflowVersionId: run.version_id,
  };
}

const errorOf = (run: RunRow): string => run.tasks.find((task) => task.status === 'FAILED')?.error ?? '';

const plainInput = (run: RunRow): unknown => parse(run.input);

/** The whole payload, not the caller's input: as the real engine shows it. */
const payloadInput = (run: RunRow): unknown =>
  parse(actionPayload({ input: run.input, parents: new Map(), errors: undefined }));

const shapeOf = (run: RunRow, definition: WorkflowDefinition) =>
  run.tasks.map((task) => ({
    childrenStepIds: allSteps(definition)
      .filter((step) => step.parents.includes(task.step))
      .map((step) => step.stepId),
    stepId: task.step_id,
    taskExternalId: task.id,
    taskName: task.step,
  }));
