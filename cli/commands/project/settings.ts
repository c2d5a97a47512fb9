import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { settingsAction, settingsUpdateOf, settingsView } from '../../settings/settings-command.ts';

export const command = defineCommand({
  description:
    'What a project does not say, its account says; else the platform’s own value holds. `set key=` takes back what was said.',
  args: {
    action: { summary: 'get or set' },
    project: { completes: 'project', summary: 'Slug or id' },
    settings: { summary: 'get: names; set: key=value, times also as 24h', variadic: true },
  },
  options: {
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'set: only when they still are this version' },
  },
  examples: [
    'sfp project settings get site',
    'sfp project settings set site artifactRetentionDays=30 approvalTimeoutSeconds=4h',
  ],
  async run(context) {
    const { args, options, output } = context;
    const action = settingsAction('project settings', args.action);
    const update = action === 'set' ? settingsUpdateOf(args.settings) : undefined;
    const { api } = await connect(context);
    const current = await api.settings.ofProject(args.project);
    if (update === undefined) return output.result(current, settingsView(current, args.settings));
    const version = options.ifVersion ?? current.version;
    const settings = await api.settings.updateProject(args.project, update, { version });
    output.result(settings, settingsView(settings));
  },
});
