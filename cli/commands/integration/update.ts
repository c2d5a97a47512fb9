import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { findIntegration, integrationArgument, placeOptions } from './find-integration.ts';

export const command = defineCommand({
  description:
    'A disabled integration is given to no step: one that asks for it fails. When somebody else changed the integration meanwhile, nothing happens and both versions are shown.',
  args: integrationArgument,
  options: {
    name: { type: 'string', value: 'name', summary: 'The new name; steps that ask for the old one fail' },
    enable: { type: 'flag', summary: 'Give it to steps again' },
    disable: { type: 'flag', summary: 'Give it to no step' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
    ...placeOptions,
  },
  examples: ['sfp integration update npm --disable'],
  async run(context) {
    const { args, options, output } = context;
    const { name, enable, disable, ifVersion } = options;
    if (enable && disable) throw new UsageError('It is one of them.', 'Give --enable or --disable.');
    if (name === undefined && !enable && !disable) {
      throw new UsageError('Nothing to change.', 'Name one of --name, --enable, --disable.');
    }
    const connection = await connect(context);
    const { id, version } = await findIntegration(connection, args.integration, options);
    const integration = await connection.api.integrations.update(
      id,
      { ...(name === undefined ? {} : { name }), ...(enable || disable ? { enabled: enable } : {}) },
      { version: ifVersion ?? version },
    );
    output.result(integration, `${integration.name}  ${integration.status}  version ${integration.version}\n`);
  },
});
