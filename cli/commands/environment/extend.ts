import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findTicket, ticketArgument, ticketOptions } from './find-ticket.ts';
import { lockSeconds } from './lock-seconds.ts';
import { lockFields } from './lock-view.ts';

export const command = defineCommand({
  description:
    'The lease then ends that long from now, sooner too. Of a ticket that waits, it is how long the lease will be.',
  args: ticketArgument,
  options: {
    duration: { type: 'string', value: 'duration', default: '60m', summary: 'From now: 1m to 24h' },
    ...ticketOptions,
  },
  examples: ['sfp environment extend staging --project site --duration 2h'],
  async run(context) {
    const { args, options, output } = context;
    const leaseSeconds = lockSeconds(options.duration, '--duration');
    const connection = await connect(context);
    const ticket = await findTicket(connection, args.ticket, options.project, 'extend');
    const lock = await connection.api.locks.renew(ticket, { leaseSeconds });
    output.result(lock, lockFields(lock));
  },
});
