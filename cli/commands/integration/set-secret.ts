import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findIntegration, integrationArgument, placeOptions } from './find-integration.ts';
import { secretOptions, secretValue } from './secret-value.ts';

export const command = defineCommand({
  description:
    'Another secret takes the place of the old one, which is gone. Steps that begin from now on get it; one that is running keeps what it got. The secret comes from stdin, a file or a prompt, never from an option, where other users and the shell’s history would see it.',
  args: integrationArgument,
  options: {
    ...secretOptions,
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
    ...placeOptions,
  },
  examples: ['sfp integration set-secret npm', 'sfp integration set-secret registry --project site --secret-stdin'],
  async run(context) {
    const { args, options, input, output } = context;
    const connection = await connect(context);
    const { id, version } = await findIntegration(connection, args.integration, options);
    const value = await secretValue(input, options);
    const integration = await connection.api.integrations.setSecret(
      id,
      { value },
      { version: options.ifVersion ?? version },
    );
    output.result(integration, `${integration.name}  secret version ${integration.secretVersion}\n`);
  },
});
