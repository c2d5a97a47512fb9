import { SfpError } from '../../../contracts/error.ts';
import { checkOutSource } from '../stages/project-source.ts';
import type { DeploymentContext } from './context.ts';

/**
 * Puts the project's files into the workspace at one commit. The first time the ref is resolved and the commit recorded;
 * from then on the deployment is of that commit, wherever the branch moves.
 */
export async function checkOut(context: DeploymentContext): Promise<void> {
  const { deployment, project, ledger, run } = context;
  if (ledger.isSettled('checkout')) {
    context.commitSha = deployment.commitSha ?? '';
    await restore(context);
    return;
  }
  ledger.move('checkout', 'running');
  const { git, sha } = await checkOutSource(context, deployment.commitSha ?? undefined);
  const refKind = await git.kindOf(deployment.ref, sha);
  if (deployment.branchOnly && refKind !== 'branch') throw notABranch(context, refKind);
  const commit = await git.commit(sha);
  const previous = run.started.previousSuccess?.commitSha;
  const changelog = previous ? await git.changelog(previous, sha) : undefined;
  context.commitSha = sha;
  run.events.say('note', { text: `${project.slug} at ${sha.slice(0, 12)}: ${commit.subject}` });
  if (changelog !== undefined) run.events.say('note', { text: changelogNote(changelog.length, previous ?? '') });
  context.learnt = { commit, refKind, ...(changelog === undefined ? {} : { changelog }) };
  ledger.move('checkout', 'succeeded', undefined, { commitSha: sha, metadata: context.learnt });
}

/** The database saw a name that the environment takes; what it names only the repository knows. */
const notABranch = ({ deployment, environment }: DeploymentContext, kind: string): SfpError =>
  new SfpError({
    code: 'ref_not_a_branch',
    message: `The environment ${environment.slug} takes branches only, and "${deployment.ref}" is none of the repository.`,
    detail: kind === 'tag' ? 'There is a tag of that name.' : 'It is a commit, or was found from one.',
    suggestion: `Deploy a branch: sfp deploy --ref <branch>. The rule: sfp environment get ${environment.id}`,
  });

/** A later attempt: the files of the finished stages are still there, or nothing was built yet and a new clone will do. */
async function restore(context: DeploymentContext): Promise<void> {
  const { ledger, run, workspace, commitSha } = context;
  const next = ledger.next;
  run.events.say('note', { text: `Attempt ${run.started.attempt} goes on with the stage ${next ?? 'at the end'}.` });
  if (next !== 'build' && (await workspace.exists())) return;
  if (next !== 'build' && ledger.status('build') === 'succeeded')
    throw new SfpError({
      code: 'workspace_lost',
      message: 'The files that the finished stages made are gone.',
      detail: workspace.directory,
      suggestion: 'Deploy the same ref again: `sfp deploy`.',
    });
  await checkOutSource(context, commitSha);
}

const changelogNote = (count: number, previous: string): string =>
  `${count} commit${count === 1 ? '' : 's'} since the last successful deployment (${previous.slice(0, 12)}).`;
