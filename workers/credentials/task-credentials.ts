import type { ProjectStep } from '../../contracts/project-file.ts';
import { persist } from '../store/persist.ts';
import { StaleAttempt } from '../store/task-store.ts';
import type { TaskRun } from '../tasks/task-run.ts';
import { spellingsOf } from './spellings.ts';

/** What a step asked for. It lives in this object and in the environment of the step's processes, and ends with them. */
export interface StepCredentials {
  /** For the environment of the step. */
  readonly variables: Readonly<Record<string, string>>;
  /** What must not be read in its log. */
  readonly secrets: readonly string[];
}

const none: StepCredentials = { variables: {}, secrets: [] };

/** The credentials that the environment and a step name, the step's own before the other's; fetched right before it begins: the database refuses when this attempt is over. */
export async function fetchCredentials(run: TaskRun, step: ProjectStep): Promise<StepCredentials> {
  const wanted = Object.entries({ ...run.started.environment?.credentials, ...step.credentials });
  if (wanted.length === 0) return none;
  const { attempt, task } = run.started;
  const names = [...new Set(wanted.map(([, name]) => name))];
  const values = await persist(() => run.store.credentials(task.id, attempt, names), run.signal).catch((error) => {
    if (error instanceof StaleAttempt) run.interrupt('lost', error);
    throw error;
  });
  const entries = wanted.map(([variable, name]) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the database gave no ${name}`);
    return [variable, value] as const;
  });
  return { variables: Object.fromEntries(entries), secrets: Object.values(values).flatMap(spellingsOf) };
}
