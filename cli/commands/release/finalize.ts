import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { ifVersionOption, releaseArgument } from './release-options.ts';
import { releaseLine } from './release-view.ts';

export const command = defineCommand({
  description:
    'The release is out: each of its builds was deployed with success at least once, wherever. It goes on being deployed and promoted, and the changelog of later releases begins here. An admin may finalize one that was not deployed everywhere, with --force.',
  args: releaseArgument,
  options: {
    force: { type: 'flag', summary: 'Also before each of its builds was deployed; for admins' },
    reason: { type: 'string', value: 'text', summary: 'What is kept with it' },
    ...ifVersionOption,
  },
  async run(context) {
    const { args, options, output } = context;
    const { force, reason, ifVersion } = options;
    const { releases } = (await connect(context)).api;
    const { id, version } = await releases.get(args.release);
    const body = { force, ...(reason === undefined ? {} : { reason }) };
    const release = await releases.finalize(id, body, { version: ifVersion ?? version });
    output.result(release, releaseLine(release));
  },
});
