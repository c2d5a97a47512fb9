import type { z } from 'zod';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { environmentLockRowSchema } from '../../rows/environment-lock.ts';
import { type Database, fetchRows } from '../../services/database.ts';

interface TicketParameters {
  ticket: string;
  /** Of which environment it has to be; any when left out. */
  id?: string;
}
type LockRow = z.output<typeof environmentLockRowSchema>;

const noTicket = ({ ticket, id }: TicketParameters): ApiProblem =>
  notFound(`ticket: ${ticket}`, `See who holds and waits: sfp environment locks ${id ?? '<environment>'}`);

/** What one of the database's functions answers about a ticket. */
export async function askLock(query: Parameters<typeof fetchRows>[0], of: TicketParameters): Promise<LockRow> {
  try {
    return await fetchRows(query, environmentLockRowSchema);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) throw noTicket(of);
    throw error;
  }
}

export async function findLock(db: Database, of: TicketParameters): Promise<LockRow> {
  const lock = await askLock(db.rpc('environment_lock', { p_ticket: of.ticket }), of);
  if (of.id === undefined || lock.environment_id === of.id) return lock;
  throw noTicket(of);
}
