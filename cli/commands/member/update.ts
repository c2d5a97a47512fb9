import { accountRoles } from '../../../contracts/account.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  description:
    'Admins change everybody but owners; owners are made and changed by owners, and the last one stays. When somebody else changed the member meanwhile, nothing happens and both versions are shown.',
  args: { user: { completes: 'member', summary: 'E-mail address or user id' } },
  options: {
    role: { type: 'string', value: 'role', required: true, choices: accountRoles, summary: 'The new role' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
    ...accountOption,
  },
  examples: ['sfp member update ann@example.com --role admin'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const { members } = connection.api;
    const { userId, version } = await members.get(args.user, { accountId });
    const change = { version: options.ifVersion ?? version, accountId };
    const member = await members.update(userId, { role: options.role }, change);
    output.result(member, `${member.email} is ${member.role}.\n`);
  },
});
