import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { commentOption, decideArgs, sayDecided } from './decide.ts';

export const command = defineCommand({
  description: 'It ends and is not started again; one that is asked for anew waits anew.',
  args: decideArgs,
  options: commentOption,
  examples: ['sfp deployment reject 018f3c1e-0000-4000-8000-000000000001 --comment "not before Monday"'],
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    sayDecided(
      output,
      await api.approvals.reject(args.id, options.comment === undefined ? {} : { comment: options.comment }),
    );
  },
});
