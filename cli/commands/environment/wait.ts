import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findTicket, ticketArgument, ticketOptions } from './find-ticket.ts';
import { lockFields } from './lock-view.ts';
import { waitForTurn } from './wait-for-turn.ts';

export const command = defineCommand({
  description:
    'Comes back when the ticket’s turn has come, at once when it holds the environment already. A ticket that was given back or expired fails. Ctrl-C gives the ticket back; after --wait-timeout it keeps its place.\nExit code: 0 held, 1 not held in time or no longer to be had, 3 after Ctrl-C.',
  args: ticketArgument,
  options: {
    waitTimeout: { type: 'string', value: 'duration', summary: 'Fail after this time' },
    ...ticketOptions,
  },
  examples: ['sfp environment wait 1f0e8d5e-3c67-4a53-9d0e-6f2f8a3f6b11 --wait-timeout 30m'],
  async run(context) {
    const { args, options, output, signal } = context;
    const connection = await connect(context);
    const ticket = await findTicket(connection, args.ticket, options.project, 'wait');
    if (ticket.holder.taskId !== null) {
      throw new SfpError({
        code: 'lock_of_task',
        message: 'This is the ticket of a deployment.',
        suggestion: `Follow it: sfp task watch ${ticket.holder.taskId}`,
      });
    }
    const timeout = options.waitTimeout;
    const lock = await waitForTurn({ connection, output, signal, ticket, timeout, onTimeout: 'keep' });
    output.result(lock, lockFields(lock));
  },
});
