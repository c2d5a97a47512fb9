import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';
import { collectionArgument, indexText } from './collection-options.ts';

export const command = defineCommand({
  args: { collection: collectionArgument },
  options: accountOption,
  async run(context) {
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, context.options.account);
    const collection = await connection.api.collections.get(context.args.collection, { accountId });
    context.output.result(
      collection,
      fields([
        ['name', collection.name],
        ['description', collection.description],
        ['written by', collection.managed ? 'the platform' : 'members'],
        ['largest document', `${collection.maxDocumentBytes} bytes`],
        ['versions kept', String(collection.keepVersions)],
        ['storage', collection.storage],
        ['indexes', collection.indexes.map(indexText).join(', ')],
        ['id', collection.id],
        ['version', String(collection.version)],
        ['created', collection.createdAt],
      ]),
    );
  },
});
