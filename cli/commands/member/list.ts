import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';

export const command = defineCommand({
  options: { ...accountOption, ...pageOptions },
  async run(context) {
    const { account, limit } = context.options;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, account);
    const members = await listPages((page) => connection.api.members.list({ accountId, ...page }), limit);
    context.output.result(
      members,
      table(
        [
          { title: 'email', value: (member) => member.email },
          { title: 'role', value: (member) => member.role },
          { title: 'since', value: (member) => member.createdAt.slice(0, 10) },
          { title: 'id', value: (member) => member.userId },
        ],
        members,
        'No members. Invite somebody with: sfp invitation create <email>',
      ),
    );
  },
});
