import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ArtifactStore, contentOf } from '../../../artifacts/store.ts';
import type { DeploymentMetadata } from '../../../contracts/deployment.ts';
import type { ProjectFile } from '../../../contracts/project-file.ts';
import type { RecordedBuild } from '../../store/task-store.ts';
import { Git } from '../../workspace/git.ts';
import { type KeptFile, keptFiles } from './kept-files.ts';
import { ownCall } from './own-call.ts';
import type { StageContext } from './stage-context.ts';

const storedAtOnce = 8;
const removingPollMs = 500;
/** In the metadata; all of them are artifacts of the build. */
const listedAtMost = 100;

/** Keeps the checkout and what the project file names, and records the build. */
export async function keepBuild(context: StageContext, file: ProjectFile, metadata: DeploymentMetadata): Promise<void> {
  const { run, commitSha } = context;
  const store = await ArtifactStore.open(context.artifactsDir);
  const files = await keptFiles(context.workspace.source, file.artifacts ?? []);
  const kept = [await sourceOf(context), ...files];
  const artifacts = kept.map(({ artifact }) => artifact);
  const named = file.artifacts === undefined ? {} : { artifacts: listed(files) };
  const complete = file.artifacts !== undefined || (file.build ?? []).length === 0;
  const { attempt, task } = run.started;
  for (;;) {
    await reserve(context, kept);
    for (let start = 0; start < kept.length; start += storedAtOnce) {
      run.signal.throwIfAborted();
      await Promise.all(
        kept.slice(start, start + storedAtOnce).map(({ artifact, content }) => store.put(content, artifact)),
      );
    }
    const build = await ownCall(run, () =>
      run.store.recordBuild(task.id, attempt, { commitSha, complete, metadata: { ...metadata, ...named }, artifacts }),
    );
    if (build === null) continue; // It took longer to store than a reservation lasts.
    run.events.say('note', { text: note(build, files) }, { metadata: named });
    return;
  }
}

/** Waits while the store is about to lose one of these contents: a second or two, two minutes when that run was killed. */
async function reserve({ run }: StageContext, kept: readonly KeptFile[]): Promise<void> {
  const { attempt, task } = run.started;
  const wanted = kept.map(({ artifact: { digest, sizeBytes } }) => ({ digest, sizeBytes }));
  while ((await ownCall(run, () => run.store.reserveArtifacts(task.id, attempt, wanted))).length > 0) {
    await delay(removingPollMs, undefined, { signal: run.signal });
  }
}

async function sourceOf({ workspace, configDir, run, commitSha }: StageContext): Promise<KeptFile> {
  const there = await stat(workspace.archive).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  // A clone that an older version of the worker made.
  if (there === undefined) {
    const git = await Git.open({ directory: workspace.source, configDir, signal: run.signal });
    await git.archive(commitSha, workspace.archive);
  }
  const content = await contentOf(workspace.archive);
  // No file of a repository has this name: git keeps no path that ends with a slash.
  return { artifact: { kind: 'source', path: 'source/', ...content, executable: false }, content: workspace.archive };
}

const listed = (files: readonly KeptFile[]): NonNullable<DeploymentMetadata['artifacts']> =>
  files
    .slice(0, listedAtMost)
    .map(({ artifact: { path, digest, sizeBytes } }) => ({ path, sha256: digest, sizeBytes }));

function note(build: RecordedBuild, files: readonly KeptFile[]): string {
  const names = files.slice(0, 5).map(({ artifact }) => artifact.path);
  const more = files.length > names.length ? `, and ${files.length - names.length} more` : '';
  return `Kept as build ${build.number}: the source${names.length > 0 ? `, ${names.join(', ')}${more}` : ''}`;
}
