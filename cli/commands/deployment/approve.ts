import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { commentOption, decideArgs, sayDecided } from './decide.ts';

export const command = defineCommand({
  description:
    'With the last approval that it needs it is queued. Whoever asked for it does not approve it, nor does an application token. Approving a second time changes the comment.',
  args: decideArgs,
  options: commentOption,
  examples: ['sfp deployment approve 018f3c1e-0000-4000-8000-000000000001 --comment "checked on staging"'],
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    sayDecided(
      output,
      await api.approvals.approve(args.id, options.comment === undefined ? {} : { comment: options.comment }),
    );
  },
});
