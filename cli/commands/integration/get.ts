import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';
import { findIntegration, integrationArgument, placeOptions } from './find-integration.ts';

export const command = defineCommand({
  description: 'What is known of it; its secret is shown to nobody.',
  args: integrationArgument,
  options: placeOptions,
  async run(context) {
    const { args, options, output } = context;
    const integration = await findIntegration(await connect(context), args.integration, options);
    output.result(
      integration,
      fields([
        ['name', integration.name],
        ['provider', integration.provider],
        ['scope', integration.scope],
        ...(integration.projectId === null ? [] : [['project', integration.projectId] as const]),
        ...(integration.environmentId === null ? [] : [['environment', integration.environmentId] as const]),
        ['status', integration.status],
        ['secret version', String(integration.secretVersion)],
        ['secret set', integration.secretSetAt ?? 'never'],
        ['id', integration.id],
        ['version', String(integration.version)],
        ['created', integration.createdAt],
      ]),
    );
  },
});
