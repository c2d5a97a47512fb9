import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { ifVersionOption, releaseArgument } from './release-options.ts';
import { releaseLine } from './release-view.ts';

export const command = defineCommand({
  description:
    'It is deployed and promoted no more, for good. Its deployments that have not begun are cancelled, those that run go to their end, and environments that have it keep it: take them back with sfp rollback.',
  args: releaseArgument,
  options: {
    reason: { type: 'string', value: 'text', summary: 'What is kept with it' },
    yes: { type: 'flag', short: 'y', summary: 'Do not ask' },
    ...ifVersionOption,
  },
  async run(context) {
    const { args, options, input, output } = context;
    const { releases } = (await connect(context)).api;
    const { id, name, version } = await releases.get(args.release);
    if (!options.yes && !(await input.confirm(`Abort the release ${name} for good?`, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
    }
    const body = options.reason === undefined ? {} : { reason: options.reason };
    const release = await releases.abort(id, body, { version: options.ifVersion ?? version });
    output.result(release, releaseLine(release));
  },
});
