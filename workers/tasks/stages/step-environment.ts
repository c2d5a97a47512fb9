import { homedir } from 'node:os';
import { delimiter, dirname } from 'node:path';
import type { Stage } from '../../../contracts/deployment.ts';
import type { ProjectFile, ProjectStep } from '../../../contracts/project-file.ts';
import type { StageContext } from './stage-context.ts';

/**
 * What a step's processes see. Nothing of the worker's own environment but what any program needs: the platform's keys
 * must not be within a project's reach. Later entries win: platform, environment, project file, step.
 */
export function stepEnvironment(
  context: StageContext,
  file: ProjectFile,
  stage: Stage,
  step: ProjectStep,
): Record<string, string> {
  const { project, run, commitSha } = context;
  return {
    PATH: stepPath(process.env.PATH ?? ''),
    HOME: homedir(),
    LANG: 'C.UTF-8',
    CI: 'true',
    ...context.environmentVariables,
    ...file.env,
    ...step.env,
    ...context.taskVariables,
    SFP_TASK_ID: run.started.task.id,
    SFP_ATTEMPT: String(run.started.attempt),
    SFP_PROJECT: project.slug,
    SFP_REF: context.ref,
    SFP_COMMIT: commitSha,
    SFP_PREVIOUS_COMMIT: run.started.previousSuccess?.commitSha ?? '',
    SFP_STAGE: stage,
    SFP_WORKSPACE: context.workspace.source,
  };
}

/**
 * The machine's programs, without those of the checkout that sfp was started from (`npx` puts them first): a project builds
 * with the machine's Node, and gets the platform's own only where the machine has none.
 */
export function stepPath(path: string): string {
  const own = /[/\\]node_modules[/\\](\.bin|node[/\\]bin|npm[/\\].*node-gyp-bin)$/;
  const entries = path.split(delimiter).filter((entry) => entry !== '' && !own.test(entry));
  return [...entries, dirname(process.execPath)].join(delimiter);
}
