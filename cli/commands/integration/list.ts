import { integrationProviders } from '../../../contracts/integration.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { placeOptions } from './find-integration.ts';
import { statusTone } from './status-tone.ts';

export const command = defineCommand({
  options: {
    provider: { type: 'string', value: 'provider', choices: integrationProviders, summary: 'Only of this' },
    ...placeOptions,
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      summary: 'Only those of this project, by slug or id',
    },
    environment: {
      type: 'string',
      value: 'slug',
      completes: 'environment',
      short: 'e',
      summary: 'Only those of this environment',
    },
    ...pageOptions,
  },
  async run(context) {
    const { account, project, environment, provider, limit } = context.options;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, account);
    const filter = { accountId, project, environment, provider };
    const integrations = await listPages((page) => connection.api.integrations.list({ ...filter, ...page }), limit);
    context.output.result(
      integrations,
      table(
        [
          { title: 'name', value: ({ name }) => name },
          { title: 'provider', value: ({ provider: of }) => of },
          { title: 'scope', value: ({ scope }) => scope },
          { title: 'status', value: ({ status }) => status, tone: ({ status }) => statusTone[status] },
          { title: 'secret set', value: ({ secretSetAt }) => secretSetAt?.slice(0, 19).replace('T', ' ') ?? 'never' },
          { title: 'id', value: ({ id }) => id },
        ],
        integrations,
        'No integrations. Add one with: sfp integration create <name>',
      ),
    );
  },
});
