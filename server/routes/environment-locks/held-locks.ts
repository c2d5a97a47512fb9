import { z } from 'zod';
import type { HeldLock } from '../../../contracts/environment-lock.ts';
import { type Database, fetchRows } from '../../services/database.ts';

const rowSchema = z.object({
  id: z.string(),
  environment_id: z.string(),
  user_email: z.string().nullable(),
  task_id: z.string().nullable(),
  reason: z.string().nullable(),
  lease_expires_at: z.string(),
});
const columns = Object.keys(rowSchema.shape).join(',');

/** Who has which of these environments at this moment. A deployment that runs inside a lock is not its holder. */
export async function heldLocks(db: Database, environmentIds: readonly string[]): Promise<Map<string, HeldLock>> {
  if (environmentIds.length === 0) return new Map();
  const query = db
    .from('environment_allocations')
    .select(columns)
    .in('environment_id', environmentIds)
    .is('released_at', null)
    .eq('status', 'held')
    .is('inside', null);
  const rows = await fetchRows(query, z.array(rowSchema));
  return new Map(
    rows.map((row) => [
      row.environment_id,
      {
        ticketId: row.id,
        email: row.user_email || null,
        taskId: row.task_id,
        reason: row.reason,
        expiresAt: row.lease_expires_at,
      },
    ]),
  );
}
