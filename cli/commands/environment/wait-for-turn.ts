import { waitForLock } from '../../../client/watch/wait-for-lock.ts';
import type { EnvironmentLock } from '../../../contracts/environment-lock.ts';
import { SfpError } from '../../../contracts/error.ts';
import type { Connection } from '../../context/connection.ts';
import { durationMs } from '../../input/duration.ts';
import type { Output } from '../../output/output.ts';
import { moment, waitText } from './lock-view.ts';

interface Turn {
  connection: Connection;
  output: Output;
  /** Ctrl-C. */
  signal: AbortSignal;
  ticket: EnvironmentLock;
  /** As typed, e.g. `30m`; as long as it takes when left out. */
  timeout: string | undefined;
  /** What a timeout does with the place. */
  onTimeout: 'give back' | 'keep';
}

/** Waits until the ticket holds its environment. Ctrl-C gives the place back; whatever else ends the wait fails. */
export async function waitForTurn(turn: Turn): Promise<EnvironmentLock> {
  const { connection, output, signal, ticket } = turn;
  const limit =
    turn.timeout === undefined ? undefined : AbortSignal.timeout(durationMs(turn.timeout, '--wait-timeout'));
  const ending = limit === undefined ? signal : AbortSignal.any([signal, limit]);
  let shown = '';
  let away = false;
  try {
    const lock = await waitForLock({
      ...connection,
      ticket,
      signal: ending,
      onWaiting: (waiting) => {
        const { ticketId, position, expiresAt } = waiting;
        const text = `Waiting: position ${position}${waitText(waiting) === '' ? '' : `, ${waitText(waiting)}`}.`;
        if (text !== shown || away) output.event('lock', { ticketId, status: 'waiting', position, expiresAt });
        if (text !== shown || away) output.info(text);
        shown = text;
        away = false;
      },
      onAway: () => {
        if (!away) output.warn('The server is away; still waiting.');
        away = true;
      },
    });
    if (lock.status === 'held') return lock;
    throw new SfpError({
      code: 'lock_lost',
      message: `The ticket is ${lock.status}; the environment was not got.`,
      suggestion: 'Take a new one: sfp environment lock <environment> --wait',
    });
  } catch (error) {
    if (!ending.aborted || error instanceof SfpError) throw error;
    throw signal.aborted ? await interrupted(turn) : await timedOut(turn);
  }
}

async function interrupted({ connection, ticket }: Turn): Promise<SfpError> {
  await connection.api.locks.release(ticket);
  return new SfpError({
    code: 'cancelled',
    message: `Stopped waiting; the ticket ${ticket.ticketId} was given back.`,
  });
}

async function timedOut({ connection, ticket, timeout, onTimeout }: Turn): Promise<SfpError> {
  const { locks } = connection.api;
  const left = onTimeout === 'give back' ? await locks.release(ticket) : await locks.renew(ticket);
  return new SfpError({
    code: 'lock_wait_timeout',
    message: `It was not the ticket's turn within ${timeout}.`,
    ...(left.expiresAt === null
      ? { detail: `The ticket ${ticket.ticketId} was given back.`, suggestion: 'Wait longer: --wait-timeout 2h' }
      : {
          detail: `Its place is kept until ${moment(left.expiresAt)}.`,
          suggestion: `Wait again: sfp environment wait ${ticket.ticketId}`,
        }),
  });
}
