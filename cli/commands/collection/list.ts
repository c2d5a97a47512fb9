import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { storageTone } from './collection-options.ts';

export const command = defineCommand({
  options: { ...accountOption, ...pageOptions },
  async run(context) {
    const { account, limit } = context.options;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, account);
    const collections = await listPages((page) => connection.api.collections.list({ accountId, ...page }), limit);
    context.output.result(
      collections,
      table(
        [
          { title: 'name', value: ({ name }) => name },
          { title: 'storage', value: ({ storage }) => storage, tone: ({ storage }) => storageTone[storage] },
          { title: 'written by', value: ({ managed }) => (managed ? 'the platform' : 'members') },
          { title: 'description', value: ({ description }) => description },
        ],
        collections,
        'No collections. Add one with: sfp collection create <name>',
      ),
    );
  },
});
