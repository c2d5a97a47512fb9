import { type Deployment, type Stage, stages } from '../../../contracts/deployment.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { formatDuration } from '../../output/duration.ts';
import { fields } from '../../output/table.ts';
import { type Names, namesOf } from './names-of.ts';
import { stageDurations } from './stage-durations.ts';

type Pair = readonly [string, string | null | undefined];

const between = (from: string | null, to: string | null): string | null =>
  from === null || to === null ? null : formatDuration(Date.parse(to) - Date.parse(from));

function pairs(deployment: Deployment, names: Names, durations: ReadonlyMap<Stage, number>): Pair[] {
  const { metadata, failure, approval } = deployment;
  const { commit, changelog = [], artifacts = [] } = metadata;
  const lines = (title: string, texts: readonly string[]): Pair[] =>
    texts.map((text, index) => [index === 0 ? title : '', text] as const);
  return [
    ['id', deployment.id],
    ['to', names.place(deployment)],
    ['status', deployment.status],
    ['requested by', names.requester(deployment)],
    ['ref', deployment.ref],
    ['commit', deployment.commitSha],
    ['subject', commit === undefined ? null : `${commit.subject} (${commit.author})`],
    ['of', deployment.origin],
    ['build', deployment.buildId],
    ['release', deployment.releaseId],
    ['deployment', deployment.sourceDeploymentId],
    ['approval', approval.status === 'not_required' ? null : `${approval.status}, needs ${approval.required}`],
    ...stages
      .filter((stage) => deployment.stages[stage] !== 'pending' || stage !== 'rollback')
      .map((stage): Pair => {
        const took = durations.get(stage);
        return [stage, `${deployment.stages[stage]}${took === undefined ? '' : ` in ${formatDuration(took)}`}`];
      }),
    ['created', deployment.createdAt],
    ['waited', between(deployment.createdAt, deployment.startedAt)],
    ['took', between(deployment.startedAt, deployment.finishedAt)],
    ['failure', failure === null ? null : `${failure.message} (${failure.code})`],
    ['evidence', failure?.detail],
    ['what to do', failure?.suggestion],
    ['result', metadata.resultUrl],
    ...lines(
      'changes',
      changelog.map(({ sha, subject, author }) => `${sha.slice(0, 8)} ${subject} (${author})`),
    ),
    ...lines(
      'artifacts',
      artifacts.map(({ path, sizeBytes, sha256 }) => `${path}  ${sizeBytes} bytes  ${sha256.slice(0, 12)}`),
    ),
    ['task', deployment.taskId],
  ];
}

export const command = defineCommand({
  description: 'Its stages, commit, changes since the last success, artifacts, failure, and who asked for it.',
  args: { id: { completes: 'deployment', summary: 'Deployment id' } },
  async run(context) {
    const { args, output } = context;
    const connection = await connect(context);
    const deployment = await connection.api.deployments.get(args.id);
    const [names, durations] = await Promise.all([
      namesOf(connection, [deployment]),
      deployment.taskId === null ? new Map<Stage, number>() : stageDurations(connection, deployment.taskId),
    ]);
    output.result(
      { ...deployment, stageDurationsMs: Object.fromEntries(durations) },
      fields(pairs(deployment, names, durations)),
    );
    if (deployment.taskId !== null) output.hint(`Its log: sfp task logs ${deployment.taskId}`);
  },
});
