import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { projectBuild } from './release-options.ts';
import { releaseLine } from './release-view.ts';

export const command = defineCommand({
  description:
    'A release is a name for builds of one or several projects, with what changed in each since the finalized release before it. Its builds change until it is first deployed, and then no more.',
  args: { name: { summary: 'For example v1.4.0' } },
  options: {
    build: {
      type: 'list',
      value: 'project[=build]',
      summary: 'A build to take, by number or id; the newest of the project that succeeded without one. Several times',
    },
    description: { type: 'string', value: 'text', summary: 'What it is about' },
    ...accountOption,
  },
  examples: ['sfp release create v1.4.0 --build site=12 --build worker'],
  async run(context) {
    const { args, options, output } = context;
    const { build, description, account } = options;
    const builds = build.map(projectBuild);
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, account);
    const release = await connection.api.releases.create({
      name: args.name,
      builds,
      ...(description === undefined ? {} : { description }),
      // Else it is that of the builds' projects.
      ...(accountId === undefined || (builds.length > 0 && account === undefined) ? {} : { accountId }),
    });
    output.result(release, releaseLine(release));
    output.hint(
      release.builds.length === 0
        ? `Add builds: sfp release add ${release.name} <project>`
        : `Deploy it: sfp release deploy ${release.name} --environment <slug>`,
    );
  },
});
