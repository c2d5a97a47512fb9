import { integrationProviders } from '../../../contracts/integration.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { placeOptions } from './find-integration.ts';
import { secretOptions, secretValue } from './secret-value.ts';

export const command = defineCommand({
  description:
    'Of a project with --project, of one of its environments with --environment too, else of the account and so for all its projects; the narrowest is the one that a step gets. The secret comes from stdin, a file or a prompt, is stored encrypted, and is shown to nobody again: a step of a deployment that asks for it by name gets it as an environment variable. Without a secret it waits for sfp integration set-secret.',
  args: { name: { summary: 'What steps ask for: lower-case letters, digits, hyphens' } },
  options: {
    provider: {
      type: 'string',
      value: 'provider',
      choices: integrationProviders,
      default: 'generic',
      summary: 'What it is a credential of',
    },
    ...secretOptions,
    ...placeOptions,
  },
  examples: [
    'sfp integration create npm --secret-file npm-token.txt',
    'sfp integration create registry --project site --environment production --secret-stdin < password.txt',
  ],
  async run(context) {
    const { args, options, input, output } = context;
    const { project, environment, provider } = options;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const given = options.secretStdin || options.secretFile !== undefined || input.canAsk;
    // Before anything is made: a file that cannot be read leaves nothing behind.
    const value = given ? await secretValue(input, options) : undefined;
    const { integrations } = connection.api;
    const made = await integrations.create({
      name: args.name,
      provider,
      ...(project === undefined ? {} : { project }),
      ...(environment === undefined ? {} : { environment }),
      ...(accountId === undefined || project !== undefined || environment !== undefined ? {} : { accountId }),
    });
    const integration =
      value === undefined ? made : await integrations.setSecret(made.id, { value }, { version: made.version });
    output.result(integration, `${integration.name}  ${integration.id}  ${integration.status}\n`);
    output.hint(
      value === undefined
        ? `Set its secret: sfp integration set-secret ${integration.id}`
        : `Ask for it in a step of the project file, e.g. credentials: { TOKEN: ${integration.name} }`,
    );
  },
});
