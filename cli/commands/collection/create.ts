import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { limitOptions } from './collection-options.ts';

export const command = defineCommand({
  description: 'A collection holds JSON documents by key and keeps their versions.',
  args: { name: { summary: 'Lower-case letters, digits, hyphens' } },
  options: {
    description: { type: 'string', value: 'text', summary: 'What is in it' },
    ...limitOptions,
    ...accountOption,
  },
  examples: ['sfp collection create build-results --keep-versions 50'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const collection = await connection.api.collections.create({
      name: args.name,
      description: options.description,
      maxDocumentBytes: options.maxBytes,
      keepVersions: options.keepVersions,
      accountId,
    });
    output.result(collection, `${collection.name}  ${collection.id}\n`);
    output.hint(`Put something in: sfp document put ${collection.name} <key> --file <path>`);
  },
});
