import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  description: [
    'The API refuses the token at once, and what it was exchanged for. REST and Realtime refuse that too: from this',
    'moment it reads and joins nothing. A Realtime channel that is open already goes on to the end of the exchanged',
    'token, at most ten minutes.',
  ].join(' '),
  args: { id: { completes: 'token', summary: 'Token id, from sfp token list' } },
  async run(context) {
    const { api } = await connect(context);
    await api.tokens.revoke(context.args.id);
    context.output.result({ id: context.args.id, revoked: true }, 'Revoked.\n');
  },
});
