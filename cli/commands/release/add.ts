import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { buildChoice, buildOption, ifVersionOption, releaseArgument } from './release-options.ts';
import { releaseLine } from './release-view.ts';

export const command = defineCommand({
  description:
    'It takes the place of the build that the release had of that project. Only while the release is pending: its first deployment fixes what it is.',
  args: { ...releaseArgument, project: { completes: 'project', summary: 'Whose build, by slug or id' } },
  options: { ...buildOption, ...ifVersionOption },
  examples: ['sfp release add v1.4.0 site --build 12'],
  async run(context) {
    const { args, options, output } = context;
    const { releases } = (await connect(context)).api;
    const { id, version } = await releases.get(args.release);
    const body = options.build === undefined ? {} : { build: buildChoice(options.build) };
    const release = await releases.setBuild(id, args.project, body, { version: options.ifVersion ?? version });
    output.result(release, releaseLine(release));
  },
});
