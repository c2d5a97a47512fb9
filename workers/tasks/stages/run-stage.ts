import { randomUUID } from 'node:crypto';
import type { Stage } from '../../../contracts/deployment.ts';
import { type Failure, SfpError } from '../../../contracts/error.ts';
import { durationMs, type ProjectFile, type ProjectStep } from '../../../contracts/project-file.ts';
import { fetchCredentials } from '../../credentials/task-credentials.ts';
import { type CommandEnd, runCommand } from '../../executors/command.ts';
import { Masker } from '../../executors/mask.ts';
import { outOfSpace } from '../../workspace/git.ts';
import { interruptionOf } from '../interruption.ts';
import type { Progress } from './progress.ts';
import type { StageContext } from './stage-context.ts';
import { stepEnvironment } from './step-environment.ts';
import { stepMarker } from './step-marker.ts';

const defaultStepTimeoutMs = 600_000;
const tailLines = 5;

/** Runs the steps of one stage in order; throws an `SfpError` at the first that fails. */
export async function runStage(
  context: StageContext,
  file: ProjectFile,
  stage: Exclude<Stage, 'checkout'>,
  progress: Progress,
): Promise<void> {
  for (const step of file[stage] ?? []) {
    await runStep(context, file, stage, step);
    progress.stepDone(stage, step.name);
  }
}

async function runStep(context: StageContext, file: ProjectFile, stage: Stage, step: ProjectStep): Promise<void> {
  const { run, workspace, configDir } = context;
  const variables = stepEnvironment(context, file, stage, step);
  const credentials = await fetchCredentials(run, step);
  const masker = Masker.forVariables(variables, credentials.secrets);
  const tail: string[] = [];
  const startedAt = Date.now();
  run.events.say('step', { stage, step: step.name, status: 'running' });
  const end = await runCommand({
    command: '/bin/sh',
    args: ['-euc', step.run],
    cwd: workspace.source,
    env: { ...variables, ...credentials.variables },
    marker: `${stepMarker(configDir)}${randomUUID()}`,
    timeoutMs: step.timeout === undefined ? defaultStepTimeoutMs : durationMs(step.timeout),
    signal: run.signal,
    masker,
    onLine: (stream, text) => {
      tail.push(text);
      if (tail.length > tailLines) tail.shift();
      run.events.line({ stage, step: step.name }, { stream, text });
    },
    ready: () => run.events.ready(),
  });
  const failure = stepFailure(end, stage, step, tail, run.signal);
  const exitCode = end.kind === 'exited' ? end.exitCode : null;
  run.events.say('step', {
    stage,
    step: step.name,
    status: failure === undefined ? 'succeeded' : 'failed',
    durationMs: Date.now() - startedAt,
    exitCode,
  });
  if (failure !== undefined) throw failure;
}

function stepFailure(
  end: CommandEnd,
  stage: Stage,
  step: ProjectStep,
  tail: string[],
  signal: AbortSignal,
): Error | undefined {
  if (end.kind === 'exited' && end.exitCode === 0) return undefined;
  if (end.kind === 'aborted') return interruptionOf(signal) ?? new Error('aborted without a reason');
  const detail = tail.join('\n');
  const full = outOfSpace(new Error(detail));
  if (full !== undefined) return full;
  const failure: Failure =
    end.kind === 'timed_out'
      ? {
          code: 'step_timed_out',
          message: `Step "${step.name}" of stage ${stage} took longer than ${step.timeout ?? '10m'} and was ended.`,
          detail,
          suggestion: 'Raise its `timeout` in the project file, or look in its log for what it waits for.',
        }
      : {
          code: 'step_failed',
          message: `Step "${step.name}" of stage ${stage} ${end.signal === null ? `exited with ${end.exitCode}` : `was ended by ${end.signal}`}.`,
          detail,
          suggestion: 'The last lines of its output are above; `sfp task logs` shows all of it.',
        };
  return new SfpError(failure);
}
