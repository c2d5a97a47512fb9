import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { UsageError } from '../../usage-error.ts';
import { collectionArgument, limitOptions } from './collection-options.ts';

export const command = defineCommand({
  description:
    'New limits hold for what is put from now on. When somebody else changed the collection meanwhile, nothing happens and both versions are shown.',
  args: { collection: collectionArgument },
  options: {
    description: { type: 'string', value: 'text', summary: 'What is in it' },
    ...limitOptions,
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
    ...accountOption,
  },
  examples: ['sfp collection update build-results --max-bytes 1048576'],
  async run(context) {
    const { args, options, output } = context;
    const { description, maxBytes, keepVersions, ifVersion } = options;
    if (description === undefined && maxBytes === undefined && keepVersions === undefined) {
      throw new UsageError('Nothing to change.', 'Name one of --description, --max-bytes, --keep-versions.');
    }
    const connection = await connect(context);
    const { collections } = connection.api;
    const accountId = await accountIdOf(connection, options.account);
    const { id, version } = await collections.get(args.collection, { accountId });
    const changes = { description, maxDocumentBytes: maxBytes, keepVersions };
    const collection = await collections.update(id, changes, { version: ifVersion ?? version });
    output.result(collection, `${collection.name}  version ${collection.version}\n`);
  },
});
