import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findTicket, ticketArgument, ticketOptions } from './find-ticket.ts';

const done = {
  released: 'The environment is given back.',
  cancelled: 'The place in the line is given back.',
  expired: 'The ticket had expired already.',
} as const;

export const command = defineCommand({
  description:
    'Gives the environment back, or the place in its line; the next one gets it at once. An admin of the account does so with anybody’s ticket. Again, or on a ticket that has expired, nothing happens. A deployment that runs inside the lock keeps the environment until it ends.',
  args: ticketArgument,
  options: ticketOptions,
  examples: ['sfp environment unlock staging --project site'],
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const ticket = await findTicket(connection, args.ticket, options.project, 'unlock');
    const lock = await connection.api.locks.release(ticket);
    const text = Object.entries(done).find(([status]) => status === lock.status)?.[1] ?? lock.status;
    output.result(lock, `${text}\n`);
  },
});
