import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { expiryOption } from './expiry-option.ts';

export const command = defineCommand({
  description: 'The old link ends, the new one is printed once. Also for an invitation that has expired.',
  args: { id: { completes: 'invitation', summary: 'Invitation id, from sfp invitation list' } },
  options: expiryOption,
  async run(context) {
    const { args, options, output } = context;
    const { api } = await connect(context);
    const issued = await api.invitations.resend(args.id, { expiresInDays: options.expiresDays });
    output.result(issued, `${issued.link}\n`);
    output.hint(`Give it to ${issued.email} now: it is not shown again.`);
  },
});
