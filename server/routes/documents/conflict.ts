import type { Document } from '../../../contracts/document.ts';
import { versionConflict } from '../../http/if-match.ts';
import { ApiProblem } from '../../http/problem.ts';
import { documentRowSchema, toDocument } from '../../rows/document.ts';
import { type Database, fetchRows } from '../../services/database.ts';

/** Beyond this a conflict tells the versions, and the documents are there to get. */
const maxShownBytes = 16_384;

interface Change {
  collectionId: string;
  key: string;
  expected: number | null;
  value?: Document['value'];
}

/** The problem of a change that came too late, with both versions and what differs between them; another problem as it is. */
export async function documentConflict(db: Database, error: unknown, change: Change): Promise<unknown> {
  const { collectionId, key, expected, value } = change;
  if (!(error instanceof ApiProblem) || error.code !== 'version_conflict' || expected === null) return error;
  try {
    const query = db.rpc('get_document', { p_collection_id: collectionId, p_key: key });
    const current = toDocument(await fetchRows(query, documentRowSchema));
    const shown =
      value !== undefined && current.bytes <= maxShownBytes && JSON.stringify(value).length <= maxShownBytes;
    return versionConflict('document', expected, current, shown ? { ...current, value } : current);
  } catch {
    // Deleted by now, or the database is away: what it said first still holds.
    return error;
  }
}
