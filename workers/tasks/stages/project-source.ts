import { Git } from '../../workspace/git.ts';
import type { StageContext } from './stage-context.ts';

/**
 * A fresh clone in the workspace, at `commit` or at what the ref stands for now; and the checkout as an archive beside it, made
 * before any step could change it.
 */
export async function checkOutSource(
  context: StageContext,
  commit: string | undefined,
): Promise<{ git: Git; sha: string }> {
  const { workspace, project, configDir, run } = context;
  await workspace.renew();
  const git = await Git.clone({
    url: project.repositoryUrl,
    directory: workspace.source,
    configDir,
    signal: run.signal,
  });
  const sha = commit ?? (await git.resolve(context.ref));
  await git.checkout(sha);
  await git.archive(sha, workspace.archive);
  return { git, sha };
}
