import { z } from 'zod';
import { versionConflict } from '../../http/if-match.ts';
import { ApiProblem } from '../../http/problem.ts';
import { type ReleaseRow, toRelease } from '../../rows/release.ts';
import { type Database, fetchRows } from '../../services/database.ts';
import { findRelease } from './find.ts';

interface Change {
  db: Database;
  /** As it was found; the change is made to this version or not at all. */
  current: ReleaseRow;
  /** The version that the caller has read; null for any. */
  expected: number | null;
  /** The function that makes it, and its arguments beside the release and its version. */
  call: 'set_release_build' | 'remove_release_build' | 'finalize_release' | 'abort_release';
  args: Record<string, unknown>;
}

/** Changes a release that nobody has changed since the caller read it, and reads it again. */
export async function changeRelease({ db, current, expected, call, args }: Change): Promise<ReleaseRow> {
  const { id, version } = current;
  if (expected !== null && expected !== version) throw versionConflict('release', expected, toRelease(current));
  try {
    await fetchRows(db.rpc(call, { p_release_id: id, p_version: expected, ...args }), z.unknown());
  } catch (error) {
    // Somebody was faster by a moment: both versions, as a moment earlier.
    if (error instanceof ApiProblem && error.code === 'version_conflict' && expected !== null) {
      throw versionConflict('release', expected, toRelease(await findRelease(db, id)));
    }
    throw error;
  }
  return findRelease(db, id);
}
