import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';
import { releaseArgument } from './release-options.ts';

export const command = defineCommand({
  args: releaseArgument,
  async run(context) {
    const { args, output } = context;
    const { api } = await connect(context);
    const release = await api.releases.get(args.release);
    output.result(
      release,
      fields([
        ['name', release.name],
        ['status', release.status],
        ['description', release.description],
        ...release.builds.map(
          ({ project, number, ref, commitSha }) =>
            [project, `build ${number}  ${ref}${commitSha === null ? '' : ` @ ${commitSha.slice(0, 8)}`}`] as const,
        ),
        ['ended', release.endedAt],
        ['reason', release.endReason],
        ['id', release.id],
        ['version', String(release.version)],
        ['created', release.createdAt],
      ]),
    );
  },
});
