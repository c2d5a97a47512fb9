import type { Stage } from '../../../contracts/deployment.ts';
import { durationMs, type ProjectFile } from '../../../contracts/project-file.ts';
import type { WorkerSettings } from '../../settings.ts';
import type { TaskEnd } from '../../store/task-store.ts';
import { readProjectFile } from '../../workspace/project-file.ts';
import { Workspace } from '../../workspace/workspace.ts';
import { interruptionOf } from '../interruption.ts';
import { asStage } from '../stages/as-stage.ts';
import { endOf } from '../stages/end.ts';
import { failureOf } from '../stages/failure-of.ts';
import { keepBuild } from '../stages/keep-build.ts';
import { Progress } from '../stages/progress.ts';
import { resultUrl } from '../stages/result.ts';
import { runStage } from '../stages/run-stage.ts';
import { StageLedger } from '../stages/stage-ledger.ts';
import { stepEnvironment } from '../stages/step-environment.ts';
import type { TaskRun } from '../task-run.ts';
import { checkOut } from './checkout.ts';
import type { DeploymentContext } from './context.ts';
import { EnvironmentLease } from './environment-lease.ts';
import { unpackBuild } from './unpack-build.ts';

/** The stages after whose failure the environment may be half changed. */
const undoable: readonly Stage[] = ['deploy', 'verify'];

/** Deploys one commit of a project to an environment: the task type `deployment`. */
export async function runDeployment(run: TaskRun, settings: WorkerSettings): Promise<TaskEnd> {
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
    workspace: new Workspace(settings.workspaceDir, deployment.id),
    ledger: new StageLedger(run.events, deployment.stages),
    configDir: settings.workspaceDir,
    artifactsDir: settings.artifactsDir,
    ref: deployment.ref,
    environmentVariables: environment.variables,
    taskVariables: {
      SFP_DEPLOYMENT_ID: deployment.id,
      SFP_ENVIRONMENT: environment.slug,
      SFP_ENVIRONMENT_CATEGORY: environment.category,
    },
    learnt: deployment.metadata,
    commitSha: deployment.commitSha ?? '',
  };
  const end = await attempt(context).catch((error: unknown) => endOf(context, failureOf(error, run)));
  // A failed or cancelled deployment may be tried again, behind the stages that it has finished.
  if (end.status === 'succeeded' || context.ledger.status('rollback') === 'succeeded') await context.workspace.wipe();
  return end;
}

async function attempt(context: DeploymentContext): Promise<TaskEnd> {
  const { run, deployment, environment } = context;
  const lease = await EnvironmentLease.acquire(run, environment);
  let limit: NodeJS.Timeout | undefined;
  try {
    await checkOutAsStage(context);
    const file = await readFileAsStage(context);
    limit = setTimeout(
      () => run.interrupt('timeout'),
      file.timeout === undefined ? deployment.timeoutSeconds * 1_000 : durationMs(file.timeout),
    );
    return await runStages(context, file);
  } finally {
    clearTimeout(limit);
    await lease.release();
  }
}

async function checkOutAsStage(context: DeploymentContext): Promise<void> {
  const come = context.deployment.origin === 'ref' ? checkOut : unpackBuild;
  await asStage(context, 'checkout', () => come(context));
}

/** A project file that cannot be used is found before any step runs: the failure belongs to the stage that would follow. */
async function readFileAsStage(context: DeploymentContext): Promise<ProjectFile> {
  const stage = context.ledger.next ?? 'verify';
  return asStage(context, stage, () => readProjectFile(context.workspace.source, context.project.configPath));
}

async function runStages(context: DeploymentContext, file: ProjectFile): Promise<TaskEnd> {
  const { ledger, run } = context;
  const progress = new Progress(run.events, file, ledger, ['build', 'validate', 'deploy', 'verify']);
  for (const stage of ['build', 'validate', 'deploy', 'verify'] as const) {
    if (ledger.isSettled(stage)) continue;
    if (stage === 'deploy') await keepOnTheWay(context, file);
    if (file[stage] === undefined || file[stage].length === 0) {
      ledger.move(stage, 'skipped');
      continue;
    }
    ledger.move(stage, 'running');
    try {
      await asStage(context, stage, () => runStage(context, file, stage, progress));
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

/** Keeps what was built, once, before the environment is changed: from then on it can be promoted and gone back to. */
async function keepOnTheWay(context: DeploymentContext, file: ProjectFile): Promise<void> {
  const { deployment, ledger } = context;
  if (deployment.origin !== 'ref' || deployment.buildId !== null || ledger.next === undefined) return;
  await asStage(context, ledger.next, () => keepBuild(context, file, context.learnt));
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
