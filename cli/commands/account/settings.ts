import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { settingsAction, settingsUpdateOf, settingsView } from '../../settings/settings-command.ts';

export const command = defineCommand({
  description:
    'They hold for every project that says nothing else (sfp project settings). `set key=` takes back what was said.',
  args: {
    action: { summary: 'get or set' },
    settings: { summary: 'get: names; set: key=value, times also as 24h', variadic: true },
  },
  options: {
    ...accountOption,
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'set: only when they still are this version' },
  },
  examples: ['sfp account settings get', 'sfp account settings set artifactRetentionDays=30'],
  async run(context) {
    const { args, options, output } = context;
    const action = settingsAction('account settings', args.action);
    const update = action === 'set' ? settingsUpdateOf(args.settings) : undefined;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const current = await connection.api.settings.ofAccount({ accountId });
    if (update === undefined) return output.result(current, settingsView(current, args.settings));
    const version = options.ifVersion ?? current.version;
    const settings = await connection.api.settings.updateAccount(update, { accountId, version });
    output.result(settings, settingsView(settings));
  },
});
