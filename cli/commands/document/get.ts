import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { documentArguments } from './document-arguments.ts';

export const command = defineCommand({
  description: 'Prints the value; with --json also what is known of the document.',
  args: documentArguments,
  options: {
    version: { type: 'integer', value: 'number', min: 1, summary: 'This version instead of the current one' },
    ...accountOption,
  },
  examples: ['sfp document get build-results site/412', 'sfp document get build-results site/412 --version 1'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const { version } = options;
    const document = await connection.api.documents.get(args.collection, args.key, { version, accountId });
    output.result(document, `${JSON.stringify(document.value, null, 2)}\n`);
    if (document.deleted) output.info(`Version ${document.version} is a deletion.`);
  },
});
