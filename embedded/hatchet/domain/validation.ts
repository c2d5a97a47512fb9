import { isCron } from './cron.ts';
import { durationRule, parseDuration } from './duration.ts';
import { isExpression } from './expression.ts';
import type { Step, WorkflowDefinition } from './workflow.ts';

const namePattern = /^[a-zA-Z0-9.\-_]+$/;
const nameRule = 'Hatchet names must match the regex ^[a-zA-Z0-9\\.\\-_]+$';
const celRule = 'Invalid CEL expression';

/** One finding: the field's path in the real engine's naming, and what is wrong with it. */
type Finding = [path: string, why: string];

/** Why a definition is refused, in the wire's words; undefined when it is fine. */
export function definitionProblem(definition: WorkflowDefinition): string | undefined {
  const findings = [...workflowFindings(definition), ...structureFindings(definition)];
  if (findings.length > 0) return validationText('CreateWorkflowVersionOpts', findings);
  return missingParent(definition);
}

/** The text of a refusal: one numbered line a finding. */
export function validationText(subject: string, findings: readonly Finding[]): string {
  const lines = findings.map(
    ([path, why], index) => `${index}: validation failed on field '${subject}.${path}': ${why}\n`,
  );
  return `Validation failed with the following errors:\n${lines.join('')}`;
}

function* workflowFindings(definition: WorkflowDefinition): Generator<Finding> {
  if (!namePattern.test(definition.name)) yield ['Name', nameRule];
  for (const [index, cron] of definition.cronTriggers.entries())
    if (!isCron(cron)) yield [`CronTriggers[${index}]`, 'Invalid cron expression'];
  for (const [index, step] of definition.steps.entries()) yield* stepFindings(`Tasks[${index}]`, step);
  if (definition.onFailure !== null) yield* stepFindings('OnFailure', definition.onFailure);
  for (const [index, limit] of definition.concurrency.entries())
    if (!isExpression(limit.expression)) yield [`Concurrency[${index}].Expression`, celRule];
  const priority = definition.defaultPriority;
  if (priority !== null && priority > 3) yield ['DefaultPriority', "on condition 'max' [ 3 ]: got invalid type"];
  if (priority !== null && priority < 1) yield ['DefaultPriority', "on condition 'min' [ 1 ]: got invalid type"];
}

function* stepFindings(path: string, step: Step): Generator<Finding> {
  if (!namePattern.test(step.name)) yield [`${path}.ReadableId`, nameRule];
  if (parseDuration(step.timeout) === undefined) yield [`${path}.Timeout`, durationRule];
  if (step.scheduleTimeout !== null && parseDuration(step.scheduleTimeout) === undefined)
    yield [`${path}.ScheduleTimeout`, durationRule];
  if (step.retries < 0) yield [`${path}.Retries`, `on condition 'min' [ 0 ]: got ${step.retries}`];
  for (const [index, limit] of step.concurrency.entries())
    if (!isExpression(limit.expression)) yield [`${path}.Concurrency[${index}].Expression`, celRule];
}

/** The real engine answers these with INTERNAL and no reason; ours says what is wrong. */
function* structureFindings(definition: WorkflowDefinition): Generator<Finding> {
  if (definition.steps.length === 0) yield ['Tasks', "on condition 'min' [ 1 ]: a workflow needs at least one task"];
  const seen = new Set<string>();
  for (const [index, step] of definition.steps.entries()) {
    if (seen.has(step.name)) yield [`Tasks[${index}].ReadableId`, `the name '${step.name}' is used twice`];
    seen.add(step.name);
  }
  const cycle = cycleOf(definition.steps);
  if (cycle !== undefined) yield ['Tasks', `the parents of '${cycle}' form a cycle`];
}

const missingParent = (definition: WorkflowDefinition): string | undefined => {
  const names = new Set(definition.steps.map((step) => step.name));
  for (const step of definition.steps)
    for (const parent of step.parents)
      if (!names.has(parent)) return `dag parent not found: parent step '${parent}' not found for step '${step.name}'`;
  return undefined;
};

/** A step that can never start because it waits for itself. */
const cycleOf = (steps: readonly Step[]): string | undefined => {
  const names = new Set(steps.map((step) => step.name));
  const settled = new Set<string>();
  for (let progress = true; progress; ) {
    progress = false;
    for (const step of steps) {
      if (settled.has(step.name)) continue;
      if (!step.parents.every((parent) => settled.has(parent) || !names.has(parent))) continue;
      settled.add(step.name);
      progress = true;
    }
  }
  return steps.find((step) => !settled.has(step.name))?.name;
};
