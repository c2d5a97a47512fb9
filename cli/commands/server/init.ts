import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  async run() {
    throw new SfpError({ code: 'not_built', message: 'This command is not there yet.' });
  },
});
