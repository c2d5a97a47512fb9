import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { accountIdOf, accountOption } from '../../context/account-option.ts';
import { connect } from '../../context/connect.ts';
import { collectionArgument } from './collection-options.ts';

export const command = defineCommand({
  description: 'All its documents and their versions go with it, for good.',
  args: { collection: collectionArgument },
  options: { yes: { type: 'flag', short: 'y', summary: 'Do not ask' }, ...accountOption },
  async run(context) {
    const { args, options, input, output } = context;
    const connection = await connect(context);
    const { collections } = connection.api;
    const accountId = await accountIdOf(connection, options.account);
    const { id, name } = await collections.get(args.collection, { accountId });
    const question = `Delete the collection ${name} with all its documents?`;
    if (!options.yes && !(await input.confirm(question, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
    }
    await collections.remove(id);
    output.result({ id, name, deleted: true }, `${name} is deleted.\n`);
  },
});
