import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { buildArgument, inProjectOption } from './build-argument.ts';

export const command = defineCommand({
  description: 'A queued build ends at once. A running one is asked to; its step is killed with everything it started.',
  args: buildArgument,
  options: inProjectOption,
  async run(context) {
    const { api } = await connect(context);
    const build = await api.builds.cancel(context.args.build, context.options);
    const ended = build.status === 'cancelled';
    context.output.result(build, `${ended ? build.status : 'cancelling'}\n`);
    if (!ended && build.taskId !== null) context.output.hint(`Follow it: sfp task watch ${build.taskId}`);
  },
});
