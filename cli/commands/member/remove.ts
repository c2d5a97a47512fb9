import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  description:
    'The user stays a user and loses the account at once: application tokens made in it and open invitations end too. Naming yourself is leaving. The last owner stays.',
  args: { user: { completes: 'member', summary: 'E-mail address or user id' } },
  options: accountOption,
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const { userId, email } = await connection.api.members.get(args.user, { accountId });
    await connection.api.members.remove(userId, { accountId });
    output.result({ userId, email, removed: true }, `${email} is no member any more.\n`);
  },
});
