import type { z } from 'zod';
import { ApiProblem, notFound } from '../../http/problem.ts';
import { environmentLockRowSchema } from '../../rows/environment-lock.ts';
import { type Database, fetchRows } from '../../services/database.ts';

/** The ticket; of this environment when one is named. */
export async function findLock(
  db: Database,
  ticket: string,
  environmentId?: string,
): Promise<z.output<typeof environmentLockRowSchema>> {
  const missing = (): ApiProblem =>
    notFound(`ticket: ${ticket}`, `See who holds and waits: sfp environment locks ${environmentId ?? '<environment>'}`);
  try {
    const lock = await fetchRows(db.rpc('environment_lock', { p_ticket: ticket }), environmentLockRowSchema);
    if (environmentId === undefined || lock.environment_id === environmentId) return lock;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 404) throw error;
  }
  throw missing();
}
