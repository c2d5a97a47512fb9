import { isFinal, type TaskStatus } from './task-state.ts';
import type { WorkflowDefinition } from './workflow.ts';

export interface DagTask {
  id: string;
  step: string;
  status: TaskStatus;
}

type Outcome = 'COMPLETED' | 'FAILED' | 'CANCELLED';

export interface DagPlan {
  ready: string[];
  cancel: string[];
  /** Hooks that are not needed: completed with `{"skipped":true}` without running. */
  skip: string[];
  /** Set when nothing is left to run. */
  outcome: Outcome | undefined;
}

/**
 * What a run needs next, from the states of its tasks alone; computing it twice changes nothing. A child starts when all parents
 * are completed and is cancelled when one failed or was cancelled. The on-failure task starts at the first final failure, beside
 * branches that still run, and is skipped when there is none.
 */
export function planDag(definition: WorkflowDefinition, tasks: readonly DagTask[]): DagPlan {
  const status = new Map(tasks.map((task) => [task.step, task.status]));
  const ids = new Map(tasks.map((task) => [task.step, task.id]));
  const plan: DagPlan = { ready: [], cancel: [], skip: [], outcome: undefined };
  const move = (list: string[], step: string, to: TaskStatus): void => {
    const id = ids.get(step);
    if (id !== undefined) list.push(id);
    status.set(step, to);
  };

  // Definitions list parents before children or not: repeat until a pass changes nothing.
  for (let changed = true; changed; ) {
    changed = false;
    for (const step of definition.steps) {
      if (status.get(step.name) !== 'PENDING') continue;
      const parents = step.parents.map((parent) => status.get(parent));
      if (parents.some((parent) => parent === 'FAILED' || parent === 'CANCELLED')) {
        move(plan.cancel, step.name, 'CANCELLED');
        changed = true;
      } else if (parents.every((parent) => parent === 'COMPLETED')) {
        move(plan.ready, step.name, 'QUEUED');
        changed = true;
      }
    }
  }

  const main = definition.steps.map((step) => status.get(step.name) ?? 'CANCELLED');
  const hook = definition.onFailure?.name;
  if (hook !== undefined && status.get(hook) === 'PENDING') {
    if (main.includes('FAILED')) move(plan.ready, hook, 'QUEUED');
    else if (main.every(isFinal)) move(plan.skip, hook, 'COMPLETED');
  }
  if ([...status.values()].every(isFinal)) plan.outcome = outcomeOf(main);
  return plan;
}

const outcomeOf = (main: readonly TaskStatus[]): Outcome => {
  if (main.includes('FAILED')) return 'FAILED';
  return main.includes('CANCELLED') ? 'CANCELLED' : 'COMPLETED';
};
