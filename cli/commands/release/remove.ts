import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { ifVersionOption, releaseArgument } from './release-options.ts';
import { releaseLine } from './release-view.ts';

export const command = defineCommand({
  description: 'The build itself stays. Only while the release is pending.',
  args: { ...releaseArgument, project: { completes: 'project', summary: 'Whose build, by slug or id' } },
  options: ifVersionOption,
  async run(context) {
    const { args, options, output } = context;
    const { releases } = (await connect(context)).api;
    const { id, version } = await releases.get(args.release);
    const release = await releases.removeBuild(id, args.project, { version: options.ifVersion ?? version });
    output.result(release, releaseLine(release));
  },
});
