import { invitationStates } from '../../../contracts/invitation.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';

export const command = defineCommand({
  options: {
    state: { type: 'string', value: 'state', choices: invitationStates, summary: 'Only these' },
    ...accountOption,
    ...pageOptions,
  },
  async run(context) {
    const { state, account, limit } = context.options;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, account);
    const fetchPage = (page: { cursor?: string; limit: number }) =>
      connection.api.invitations.list({ accountId, state, ...page });
    const invitations = await listPages(fetchPage, limit);
    context.output.result(
      invitations,
      table(
        [
          { title: 'id', value: (invitation) => invitation.id },
          { title: 'email', value: (invitation) => invitation.email },
          { title: 'role', value: (invitation) => invitation.role },
          { title: 'state', value: ({ state }) => state, tone: ({ state }) => (state === 'open' ? 'green' : 'dim') },
          { title: 'expires', value: (invitation) => invitation.expiresAt },
        ],
        invitations,
        'No invitations. Invite somebody with: sfp invitation create <email>',
      ),
    );
  },
});
