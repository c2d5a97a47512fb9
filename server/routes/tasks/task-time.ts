import type { Database } from '../../services/database.ts';
import { findTask } from './find.ts';

const remembered = 10_000;
const known = new Map<string, string>();

/**
 * When a task was made: names the one partition of its events. Without it a page of a log is sorted out of all partitions,
 * so that each page reads the whole rest (5,000 rows for a page of 500 in the middle of 10,000). It never changes, so it is asked
 * for once; whether the caller may see the events is decided by the events' own policy.
 */
export async function taskTime(db: Database, id: string): Promise<string> {
  const before = known.get(id);
  if (before !== undefined) return before;
  const { created_at } = await findTask(db, id);
  const [oldest] = known.keys();
  if (known.size >= remembered && oldest !== undefined) known.delete(oldest);
  known.set(id, created_at);
  return created_at;
}
