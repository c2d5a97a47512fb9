import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findIntegration, integrationArgument, placeOptions } from './find-integration.ts';

export const command = defineCommand({
  description: 'Its secret is deleted with it. Steps that ask for it fail from now on.',
  args: integrationArgument,
  options: { yes: { type: 'flag', short: 'y', summary: 'Do not ask' }, ...placeOptions },
  async run(context) {
    const { args, options, input, output } = context;
    const connection = await connect(context);
    const { id, name, scope } = await findIntegration(connection, args.integration, options);
    const question = `Delete the integration ${name} of the ${scope}, and its secret?`;
    if (!options.yes && !(await input.confirm(question, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
    }
    await connection.api.integrations.remove(id);
    output.result({ id, name, deleted: true }, `${name} is deleted.\n`);
  },
});
