import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { documentArguments } from './document-arguments.ts';

export const command = defineCommand({
  description: 'Its versions stay, and can be put again.',
  args: documentArguments,
  options: {
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
    ...accountOption,
  },
  examples: ['sfp document delete build-results site/412 --if-version 3'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const expected = { version: options.ifVersion, accountId };
    const document = await connection.api.documents.remove(args.collection, args.key, expected);
    output.result(document, `${document.key} is deleted, at version ${document.version}.\n`);
  },
});
