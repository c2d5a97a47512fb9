import { buildStages } from '../../../contracts/build.ts';
import {
  stages as allStages,
  type Stage,
  type StageStatus,
  type StageStatusMap,
} from '../../../contracts/deployment.ts';
import { durationMs, type ProjectFile } from '../../../contracts/project-file.ts';
import type { WorkerSettings } from '../../settings.ts';
import type { TaskBuild } from '../../store/rows.ts';
import type { TaskEnd } from '../../store/task-store.ts';
import { readProjectFile } from '../../workspace/project-file.ts';
import { Workspace } from '../../workspace/workspace.ts';
import { interruptionOf } from '../interruption.ts';
import { asStage } from '../stages/as-stage.ts';
import { endOf } from '../stages/end.ts';
import { failureOf } from '../stages/failure-of.ts';
import { keepBuild } from '../stages/keep-build.ts';
import { ownCall } from '../stages/own-call.ts';
import { Progress } from '../stages/progress.ts';
import { checkOutSource } from '../stages/project-source.ts';
import { runStage } from '../stages/run-stage.ts';
import type { StageContext } from '../stages/stage-context.ts';
import { StageLedger } from '../stages/stage-ledger.ts';
import type { TaskRun } from '../task-run.ts';

const defaultTimeoutMs = 1_800_000;
/** Builds one commit of a project and keeps what came of it: the task type `build`. */
export async function runBuild(run: TaskRun, settings: WorkerSettings): Promise<TaskEnd> {
  const { project, task, attempt } = run.started;
  const made = await ownCall(run, () => run.store.build(task.id, attempt));
  if (made === null || project === null)
    return { status: 'failed', failure: { code: 'build_gone', message: 'The build of this task no longer exists.' } };
  const { build } = made;
  const context: StageContext = {
    run,
    project,
    workspace: new Workspace(settings.workspaceDir, build.id),
    ledger: new StageLedger(run.events, startingStatus(made)),
    configDir: settings.workspaceDir,
    artifactsDir: settings.artifactsDir,
    ref: build.ref,
    environmentVariables: {},
    taskVariables: { SFP_BUILD_ID: build.id, SFP_BUILD_NUMBER: String(build.number) },
    commitSha: build.commitSha ?? '',
  };
  const end = await work(context, made).catch((error: unknown) => endOf(context, failureOf(error, run)));
  // Nobody goes on with it: another attempt begins anew. While that one runs, the directory is its own.
  if (interruptionOf(run.signal)?.kind !== 'lost') await context.workspace.wipe();
  return end;
}

const own: ReadonlySet<Stage> = new Set(buildStages);

/** An attempt that was killed behind its record has nothing left to do. */
const startingStatus = ({ artifacts }: TaskBuild): StageStatusMap => {
  const status = (stage: Stage): StageStatus => (own.has(stage) && artifacts.length === 0 ? 'pending' : 'skipped');
  return Object.fromEntries(allStages.map((stage) => [stage, status(stage)])) as StageStatusMap;
};

async function work(context: StageContext, made: TaskBuild): Promise<TaskEnd> {
  const { run, workspace, project } = context;
  if (made.artifacts.length > 0) return { status: 'succeeded', patch: { progress: { percent: 100 } } };
  let limit: NodeJS.Timeout | undefined;
  try {
    await asStage(context, 'checkout', () => checkOut(context, made));
    const file = await asStage(context, 'build', () => readProjectFile(workspace.source, project.configPath));
    const timeoutMs = file.timeout === undefined ? defaultTimeoutMs : durationMs(file.timeout);
    limit = setTimeout(() => run.interrupt('timeout'), timeoutMs);
    await runStages(context, file);
    return { status: 'succeeded', patch: { progress: { percent: 100 } } };
  } finally {
    clearTimeout(limit);
  }
}

async function checkOut(context: StageContext, { build }: TaskBuild): Promise<void> {
  const { run, ledger, project } = context;
  const { task, attempt } = run.started;
  ledger.move('checkout', 'running');
  const { git, sha } = await checkOutSource(context, build.commitSha ?? undefined);
  const refKind = await git.kindOf(context.ref, sha);
  const commit = await git.commit(sha);
  context.commitSha = sha;
  const previous = run.started.previousSuccess?.commitSha;
  const changelog = previous ? await git.changelog(previous, sha) : undefined;
  const learnt = { commit, refKind, ...(changelog === undefined ? {} : { changelog }) };
  await ownCall(run, () => run.store.describeBuild(task.id, attempt, sha, learnt));
  run.events.say('note', { text: `${project.slug} at ${sha.slice(0, 12)}: ${commit.subject}` });
  ledger.move('checkout', 'succeeded');
}

/** What the last stage made is kept within it: a store that is full or away fails that one. */
async function runStages(context: StageContext, file: ProjectFile): Promise<void> {
  const { ledger, run } = context;
  const progress = new Progress(run.events, file, ledger, ['build', 'validate']);
  for (const stage of ['build', 'validate'] as const) {
    const keeps = stage === 'validate';
    const steps = file[stage] ?? [];
    if (steps.length === 0 && !keeps) {
      ledger.move(stage, 'skipped');
      continue;
    }
    if (steps.length > 0) ledger.move(stage, 'running');
    await asStage(context, stage, async () => {
      await runStage(context, file, stage, progress);
      if (keeps) await keepBuild(context, file, {});
    });
    ledger.move(stage, steps.length > 0 ? 'succeeded' : 'skipped');
  }
}
