import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { ifVersionOption, releaseArgument } from './release-options.ts';
import { releaseLine } from './release-view.ts';

export const command = defineCommand({
  description:
    'The name changes until the first deployment, the description until the end. When somebody else changed the release meanwhile, nothing happens and both versions are shown.',
  args: releaseArgument,
  options: {
    name: { type: 'string', value: 'name', summary: 'The new name' },
    description: { type: 'string', value: 'text', summary: 'What it is about' },
    ...ifVersionOption,
  },
  async run(context) {
    const { args, options, output } = context;
    const { name, description, ifVersion } = options;
    if (name === undefined && description === undefined) {
      throw new UsageError('Nothing to change.', 'Name one of --name, --description.');
    }
    const { releases } = (await connect(context)).api;
    const { id, version } = await releases.get(args.release);
    const changes = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
    const release = await releases.update(id, changes, { version: ifVersion ?? version });
    output.result(release, releaseLine(release));
  },
});
