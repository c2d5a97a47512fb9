import { execFile } from 'node:child_process';
import { chmod, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { ArtifactStore } from '../../../artifacts/store.ts';
import type { BuildArtifact } from '../../../contracts/build.ts';
import { SfpError } from '../../../contracts/error.ts';
import type { TaskBuild } from '../../store/rows.ts';
import { outOfSpace } from '../../workspace/git.ts';
import { ownCall } from '../stages/own-call.ts';
import type { DeploymentContext } from './context.ts';

const execute = promisify(execFile);
const placedAtOnce = 16;

/**
 * Puts what a build keeps into the workspace, every content checked: the stage `checkout` of a deployment that builds nothing.
 * No repository is asked.
 */
export async function unpackBuild(context: DeploymentContext): Promise<void> {
  const { deployment, ledger, run, workspace } = context;
  context.commitSha = deployment.commitSha ?? '';
  const again = ledger.isSettled('checkout');
  if (again) {
    const next = ledger.next ?? 'at the end';
    run.events.say('note', { text: `Attempt ${run.started.attempt} goes on with the stage ${next}.` });
    if (await workspace.exists()) return;
  } else {
    ledger.move('checkout', 'running');
  }
  const kept = await ownCall(run, () => run.store.build(run.started.task.id, run.started.attempt));
  if (kept === null || kept.artifacts.length === 0) throw buildGone(kept);
  await unpack(context, kept);
  const { build } = kept;
  context.commitSha = build.commitSha ?? '';
  if (again) return;
  run.events.say('note', {
    text: `Build ${build.number}: ${build.ref} at ${context.commitSha.slice(0, 12)}, unchanged`,
  });
  ledger.move('checkout', 'succeeded', undefined, { metadata: build.metadata });
  ledger.move('build', 'skipped');
  ledger.move('validate', 'skipped');
}

async function unpack({ workspace, artifactsDir, run }: DeploymentContext, { artifacts }: TaskBuild): Promise<void> {
  const store = await ArtifactStore.open(artifactsDir);
  await workspace.renew();
  await mkdir(workspace.source, { mode: 0o755 });
  try {
    for (const artifact of artifacts.filter(({ kind }) => kind === 'source')) {
      await writeFile(workspace.archive, store.read(artifact, 'the source'), { flag: 'wx' });
      const options = ['--extract', '--no-same-owner', '--file', workspace.archive, '--directory', workspace.source];
      await execute('tar', options, { signal: run.signal, env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' } });
      await rm(workspace.archive);
    }
    const root = await realpath(workspace.source);
    const files = artifacts.filter(({ kind }) => kind !== 'source');
    const checked = new Set<string>();
    for (let start = 0; start < files.length; start += placedAtOnce) {
      run.signal.throwIfAborted();
      const batch = files.slice(start, start + placedAtOnce);
      for (const { path } of batch) await makeParent(root, path, checked);
      await Promise.all(batch.map((artifact) => place(store, join(root, artifact.path), artifact)));
    }
    await workspace.markUnpacked();
  } catch (error) {
    throw outOfSpace(error) ?? error;
  }
}

/** Over what the source has there, as the build step that made it did. */
async function place(store: ArtifactStore, path: string, artifact: BuildArtifact): Promise<void> {
  await rm(path, { force: true });
  if (artifact.kind === 'link') {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read(artifact, artifact.path)) chunks.push(chunk);
    await symlink(Buffer.concat(chunks).toString(), path);
    return;
  }
  await writeFile(path, store.read(artifact, artifact.path), { flag: 'wx' });
  await chmod(path, artifact.executable ? 0o755 : 0o644);
}

/** A link of the source may lead anywhere; what was kept lay inside. */
async function makeParent(root: string, path: string, checked: Set<string>): Promise<void> {
  const directory = dirname(join(root, path));
  if (checked.has(directory)) return;
  await mkdir(directory, { recursive: true });
  const parent = await realpath(directory);
  if (parent !== root && !parent.startsWith(root + sep)) throw leavesWorkspace(path);
  checked.add(directory);
}

const buildGone = (kept: TaskBuild | null): SfpError =>
  new SfpError({
    code: 'build_expired',
    message: kept === null ? 'The build is gone.' : `The files of build ${kept.build.number} were removed.`,
    suggestion: `Build the commit again: sfp build --ref ${kept?.build.commitSha ?? '<commit>'}`,
  });

const leavesWorkspace = (path: string): SfpError =>
  new SfpError({
    code: 'artifact_outside',
    message: `${path} would be written outside of the checkout: a directory above it is a link that leads there.`,
    suggestion: 'Take that link out of the repository, or keep the files under another name.',
  });
