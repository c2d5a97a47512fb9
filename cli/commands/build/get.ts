import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields, table } from '../../output/table.ts';
import { buildArgument, inProjectOption } from './build-argument.ts';
import { byteSize } from './byte-size.ts';

export const command = defineCommand({
  args: buildArgument,
  options: inProjectOption,
  examples: ['sfp build get 7 -p site'],
  async run(context) {
    const { api } = await connect(context);
    const build = await api.builds.get(context.args.build, context.options);
    const { items: artifacts } = await api.builds.artifacts(build.id);
    const files = artifacts.filter(({ kind }) => kind !== 'source');
    const about = fields([
      ['number', String(build.number)],
      ['status', build.status],
      ['ref', build.ref],
      ['commit', build.commitSha ?? ''],
      ['subject', build.metadata.commit?.subject ?? ''],
      ['keeps', `${byteSize(build.sizeBytes)} in ${artifacts.length} file${artifacts.length === 1 ? '' : 's'}`],
      ['deployable', deployable(build.status, build.complete)],
      ...(build.deploymentId === null ? [] : [['made by deployment', build.deploymentId] as const]),
      ...(build.failure === null ? [] : [['failure', `${build.failure.message} (${build.failure.code})`] as const]),
      ['project', build.projectId],
      ['task', build.taskId ?? ''],
      ['id', build.id],
      ['created', build.createdAt],
    ]);
    const list = table(
      [
        {
          title: 'path',
          value: ({ path, kind, executable }) => `${path}${kind === 'link' ? '@' : executable ? '*' : ''}`,
        },
        { title: 'size', value: ({ sizeBytes }) => byteSize(sizeBytes) },
        { title: 'sha256', value: ({ digest }) => digest },
      ],
      files,
      '',
    );
    context.output.result({ ...build, artifacts }, (style) =>
      [about, list]
        .map((view) => (typeof view === 'string' ? view : view(style)))
        .join('\n')
        .trimEnd(),
    );
  },
});

function deployable(status: string, complete: boolean): string {
  if (status !== 'succeeded') return 'no';
  return complete ? 'yes' : 'no: its project file has build steps and names no artifacts';
}
