import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ApiProblem } from './problem.ts';

/** Header of every PATCH; its absence is a problem of its own (428), not a malformed request. */
export const ifMatchHeaders = z.object({
  'if-match': z.string().optional().describe('ETag of the version that is changed, or * for any'),
});

/** ETag of a version. */
export const etagOf = (version: number): string => `"${version}"`;

/** The version that the caller has read; null when any will do (`*`). */
export function expectedVersion(header: string | undefined): number | null {
  if (header === undefined) {
    throw new ApiProblem(428, {
      code: 'version_required',
      message: 'A change says which version it is made to.',
      suggestion: 'Read it first and send its ETag as If-Match, e.g. If-Match: "3".',
    });
  }
  if (header.trim() === '*') return null;
  // A proxy that compresses makes the ETag of an answer weak.
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw new ApiProblem(400, {
    code: 'if_match_invalid',
    message: 'If-Match is not the ETag of a version.',
    detail: header.slice(0, 100),
    suggestion: 'Send the ETag of the answer as it was, e.g. If-Match: "3".',
  });
}

interface Resource {
  version: number;
}
/** What a version is, rather than what the resource says. */
const bookkeeping = new Set(['version', 'updatedAt']);

/**
 * Somebody else was first: which version the caller has, and which there is.
 *
 * @param current the resource as it is now
 * @param wanted the same with the caller's change; the fields in which they differ are shown beside each other
 */
export function versionConflict<Representation extends Resource>(
  what: string,
  expected: number,
  current: Representation,
  wanted: Representation = current,
): ApiProblem {
  const yours = Object.fromEntries(Object.entries(wanted));
  const differences = Object.entries(current)
    .filter(([field, value]) => !bookkeeping.has(field) && !isDeepStrictEqual(value, yours[field]))
    .map(([field, value]) => ({ field, yours: yours[field] ?? null, current: value }));
  return new ApiProblem(
    409,
    {
      code: 'version_conflict',
      message: `The ${what} was changed meanwhile.`,
      detail: `Your change was made to version ${expected}; it is now at version ${current.version}.`,
      suggestion: 'Read it again, see whether your change still fits, and send it with the new version.',
    },
    {
      headers: { etag: etagOf(current.version) },
      conflict: {
        expectedVersion: expected,
        currentVersion: current.version,
        current: Object.fromEntries(Object.entries(current)),
        differences,
      },
    },
  );
}
