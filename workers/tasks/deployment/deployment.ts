import type { Stage } from '../../../contracts/deployment.ts';
import { type Failure, SfpError } from '../../../contracts/error.ts';
import { durationMs, type ProjectFile } from '../../../contracts/project-file.ts';
import type { TaskEnd } from '../../store/task-store.ts';
import { outOfSpace } from '../../workspace/git.ts';
import { readProjectFile } from '../../workspace/project-file.ts';
import { Workspace } from '../../workspace/workspace.ts';
import { interruptionOf } from '../interruption.ts';
import type { TaskRun } from '../task-run.ts';
import { describeArtifacts } from './artifacts.ts';
import { checkOut } from './checkout.ts';
import type { DeploymentContext } from './context.ts';
import { endOf } from './end.ts';
import { EnvironmentLease } from './environment-lease.ts';
import { Progress } from './progress.ts';
import { resultUrl } from './result.ts';
import { runStage } from './run-stage.ts';
import { StageLedger } from './stage-ledger.ts';
import { stepEnvironment } from './step-environment.ts';

const defaultTimeoutMs = 1_800_000;
/** The stages after whose failure the environment may be half changed. */
const undoable: readonly Stage[] = ['deploy', 'verify'];

/** Deploys one commit of a project to an environment: the task type `deployment`. */
export async function runDeployment(run: TaskRun, workspaceRoot: string): Promise<TaskEnd> {
  const { deployment, project, environment } = run.started;
  if (deployment === null || project === null || environment === null)
    return {
      status: 'failed',
      failure: { code: 'deployment_gone', message: 'The deployment of this task no longer exists.' },
    };
  const context: DeploymentContext = {
    run,
    deployment,
    project,
    environment,
    workspace: new Workspace(workspaceRoot, deployment.id),
    ledger: new StageLedger(run.events, deployment.stages),
    configDir: workspaceRoot,
    commitSha: deployment.commitSha ?? '',
  };
  const end = await attempt(context).catch((error: unknown) => endOf(context, failureOf(error, run)));
  // A failed or cancelled deployment may be tried again, behind the stages that it has finished.
  if (end.status === 'succeeded' || context.ledger.status('rollback') === 'succeeded') await context.workspace.wipe();
  return end;
}

async function attempt(context: DeploymentContext): Promise<TaskEnd> {
  const { run, environment } = context;
  const lease = await EnvironmentLease.acquire(run, environment);
  let limit: NodeJS.Timeout | undefined;
  try {
    await checkOutAsStage(context);
    const file = await readFileAsStage(context);
    limit = setTimeout(
      () => run.interrupt('timeout'),
      file.timeout === undefined ? defaultTimeoutMs : durationMs(file.timeout),
    );
    return await runStages(context, file);
  } finally {
    clearTimeout(limit);
    await lease.release();
  }
}

async function checkOutAsStage(context: DeploymentContext): Promise<void> {
  await asStage(context, 'checkout', () => checkOut(context));
}

/** A project file that cannot be used is found before any step runs: the failure belongs to the stage that would follow. */
async function readFileAsStage(context: DeploymentContext): Promise<ProjectFile> {
  const stage = context.ledger.next ?? 'verify';
  return asStage(context, stage, () => readProjectFile(context.workspace.source, context.project.configPath));
}

async function runStages(context: DeploymentContext, file: ProjectFile): Promise<TaskEnd> {
  const { ledger, run } = context;
  const progress = new Progress(run.events, file, ledger);
  for (const stage of ['build', 'validate', 'deploy', 'verify'] as const) {
    if (ledger.isSettled(stage)) continue;
    if (file[stage] === undefined || file[stage].length === 0) {
      ledger.move(stage, 'skipped');
      continue;
    }
    ledger.move(stage, 'running');
    try {
      await asStage(context, stage, () => runStage(context, file, stage, progress));
      if (stage === 'build') await recordArtifacts(context, file);
    } catch (error) {
      if (interruptionOf(run.signal) !== undefined || !undoable.includes(stage)) throw error;
      await rollBack(context, file, progress);
      throw error;
    }
    ledger.move(stage, 'succeeded');
  }
  ledger.moveWaiting('skipped');
  const variables = stepEnvironment(context, file, 'verify', { name: 'result', run: 'true' });
  const url = resultUrl(file, variables);
  return {
    status: 'succeeded',
    patch: { progress: { percent: 100 }, ...(url === undefined ? {} : { metadata: { resultUrl: url } }) },
  };
}

async function recordArtifacts({ workspace, run }: DeploymentContext, file: ProjectFile): Promise<void> {
  if (file.artifacts === undefined) return;
  const artifacts = await describeArtifacts(workspace.source, file.artifacts);
  run.events.say(
    'note',
    { text: `Artifacts: ${artifacts.map(({ path }) => path).join(', ') || 'none'}` },
    { metadata: { artifacts } },
  );
}

/** Takes the environment back with the steps that the project declares. Its own failure is recorded beside the first. */
async function rollBack(context: DeploymentContext, file: ProjectFile, progress: Progress): Promise<void> {
  const { ledger } = context;
  if (file.rollback === undefined || file.rollback.length === 0) return;
  ledger.move('rollback', 'running');
  try {
    await runStage(context, file, 'rollback', progress);
    ledger.move('rollback', 'succeeded');
  } catch (error) {
    ledger.move('rollback', 'failed', failureOf(error, context.run));
  }
}

/** Marks the stage failed when `work` fails for a reason of its own; one that is finished hands that to the stage behind it. */
async function asStage<Output>(context: DeploymentContext, stage: Stage, work: () => Promise<Output>): Promise<Output> {
  try {
    return await work();
  } catch (error) {
    if (interruptionOf(context.run.signal) === undefined) {
      const failing = context.ledger.isSettled(stage) ? (context.ledger.next ?? stage) : stage;
      context.ledger.fail(failing, failureOf(error, context.run));
    }
    throw error;
  }
}

function failureOf(error: unknown, run: TaskRun): Failure {
  if (error instanceof SfpError) return error.toFailure();
  const known = outOfSpace(error) ?? interruptionOf(run.signal);
  if (known instanceof SfpError) return known.toFailure();
  if (known !== undefined) return { code: `task_${known.kind}`, message: known.message };
  run.log.error({ err: error }, "a deployment failed for a reason that is no project's");
  return {
    code: 'internal',
    message: 'The worker failed.',
    detail: error instanceof Error ? error.message : String(error),
    suggestion: "Look in the worker's log, then retry.",
  };
}
