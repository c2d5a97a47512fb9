import { accountRoles } from '../../../contracts/account.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { expiryOption } from './expiry-option.ts';

export const command = defineCommand({
  description:
    'The link is printed once and kept nowhere: only a hash of it is stored. No mail is sent; hand the link over yourself. It is accepted by the user with that address, or makes that user, also where signing up is closed.',
  args: { email: { summary: 'Who is invited' } },
  options: {
    role: { type: 'string', value: 'role', default: 'member', choices: accountRoles, summary: 'Role in the account' },
    ...expiryOption,
    ...accountOption,
  },
  examples: ['sfp invitation create ann@example.com --role admin'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const issued = await connection.api.invitations.create({
      email: args.email,
      role: options.role,
      expiresInDays: options.expiresDays,
      ...(accountId === undefined ? {} : { accountId }),
    });
    output.result(issued, `${issued.link}\n`);
    output.hint(`Give it to ${issued.email} now: it is not shown again. It is accepted with: sfp invitation accept`);
  },
});
