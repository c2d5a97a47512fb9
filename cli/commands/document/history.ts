import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { table } from '../../output/table.ts';
import { documentArguments } from './document-arguments.ts';

export const command = defineCommand({
  description: 'The versions that are kept, newest first; a deletion is one.',
  args: documentArguments,
  options: { ...accountOption, ...pageOptions },
  examples: ['sfp document history build-results site/412'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const accountId = await accountIdOf(connection, options.account);
    const { versions } = connection.api.documents;
    const found = await listPages((page) => versions(args.collection, args.key, { accountId, ...page }), options.limit);
    output.result(
      found,
      table(
        [
          { title: 'version', value: ({ version }) => String(version) },
          { title: 'change', value: ({ deleted }) => (deleted ? 'deleted' : 'put') },
          { title: 'bytes', value: ({ bytes }) => String(bytes) },
          { title: 'at', value: ({ updatedAt }) => updatedAt.slice(0, 19).replace('T', ' ') },
          { title: 'by', value: ({ updatedBy }) => updatedBy ?? 'the platform' },
        ],
        found,
        'No versions.',
      ),
    );
    output.hint(`See one: sfp document get ${args.collection} ${args.key} --version <number>`);
  },
});
