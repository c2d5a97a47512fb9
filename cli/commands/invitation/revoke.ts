import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  args: { id: { completes: 'invitation', summary: 'Invitation id, from sfp invitation list' } },
  async run(context) {
    const { api } = await connect(context);
    await api.invitations.revoke(context.args.id);
    context.output.result({ id: context.args.id, revoked: true }, 'Revoked.\n');
  },
});
