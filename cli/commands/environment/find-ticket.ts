import type { EnvironmentLock } from '../../../contracts/environment-lock.ts';
import { SfpError } from '../../../contracts/error.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import type { Connection } from '../../context/connection.ts';
import { findEnvironment } from './find-environment.ts';

export const ticketArgument = {
  ticket: {
    summary: 'Ticket; or an environment’s slug together with --project, where you have one ticket',
    completes: 'environment',
  },
} as const;
export const ticketOptions = {
  project: {
    type: 'string',
    value: 'slug',
    completes: 'project',
    short: 'p',
    summary: 'Project of the environment, by slug or id',
  },
} as const;

/** The ticket of this id, or the caller's only live one in the line for the environment. */
export async function findTicket(
  connection: Connection,
  text: string,
  project: string | undefined,
  command: string,
): Promise<EnvironmentLock> {
  const { locks, me } = connection.api;
  if (uuidSchema.safeParse(text).success) return locks.get(text);
  const environment = await findEnvironment(connection, text, project, command);
  const [{ user }, { holder, queue }] = await Promise.all([me(), locks.list(environment.id)]);
  const own = [...(holder === null ? [] : [holder]), ...queue].filter(
    (lock) => lock.holder.userId === user.id && lock.holder.taskId === null,
  );
  const [only, second] = own;
  const look = `See who holds and waits: sfp environment locks ${environment.id}`;
  if (only === undefined) {
    throw new SfpError({
      code: 'no_ticket',
      message: `You have no ticket for the environment ${environment.slug}.`,
      suggestion: look,
    });
  }
  if (second !== undefined) {
    throw new SfpError({
      code: 'ticket_ambiguous',
      message: `You have ${own.length} tickets for the environment ${environment.slug}.`,
      detail: own.map(({ ticketId, status, reason }) => `${ticketId}  ${status}  ${reason ?? ''}`.trimEnd()).join('\n'),
      suggestion: `Say which: sfp environment ${command} ${only.ticketId}`,
    });
  }
  return only;
}
