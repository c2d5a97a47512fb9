import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  description: 'It stops working at once for the API; what it was exchanged for ends within the hour.',
  args: { id: { summary: 'Token id, from sfp token list' } },
  async run(context) {
    const { api } = await connect(context);
    await api.tokens.revoke(context.args.id);
    context.output.result({ id: context.args.id, revoked: true }, 'Revoked.\n');
  },
});
